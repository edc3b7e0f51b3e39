"""What the report of commitment health says, in English and Chinese."""

from __future__ import annotations

from hub.language import Language
from hub.reconcile.report import texts
from hub.reconcile.report.texts import Texts


def text(language: Language, key: str, /, **values: object) -> str:
    """Return a text with its placeholders filled."""
    return texts.of(TEXTS, language, key, **values)


def codes(language: Language, group: str) -> dict[str, str]:
    """Return code → words of a group, such as `state`."""
    found = (key for key in TEXTS if key.startswith(f"{group}."))
    return {key.partition(".")[2]: text(language, key) for key in found}


def causes(language: Language) -> dict[str, str]:
    """Return what keeps commitments, those a reconciliation found among them."""
    known = (key.partition(".")[2] for key in texts.TEXTS if key.startswith("cause."))
    found = {f"found.{name}": texts.text(language, f"cause.{name}") for name in known}
    return {**codes(language, "cause"), **found}


#: Key → English, Chinese.
TEXTS: Texts = {
    "title": ("Commitment health: {kind}", "承诺履约健康度：{kind}"),
    "title.one": ("{number}: commitment health", "{number}：承诺履约"),
    "kind.commitment": ("commitments", "承诺单"),
    "kind.order": ("orders", "订单"),
    "kind.contract": ("contracts", "合同"),
    "about.period": (
        "Received {since} to {until} ({zone}) · as of {now}",
        "接收日期 {since} 至 {until}（{zone}）· 截至 {now}",
    ),
    "about.connection": ("Only from {connection}", "仅来自 {connection}"),
    "about.limit": ("Late: underway for more than {limit}", "逾期：在途超过 {limit}"),
    # states
    "state.broken": ("broken", "已破坏"),
    "state.stopped": ("stopped", "停滞"),
    "state.late": ("late", "逾期"),
    "state.underway": ("underway", "在途"),
    "state.not_planned": ("not planned", "未安排"),
    "state.fulfilled": ("fulfilled", "已履约"),
    "state.revoked": ("revoked", "已撤销"),
    # causes
    "cause.dead": ("delivery failed for good", "投递失败（死信）"),
    "cause.in_doubt": ("delivery in doubt", "投递结果不明"),
    "cause.held": ("held by a gate", "闸口扣留"),
    "cause.observed": ("connection only observed", "连接仅观察"),
    "cause.cancelled": ("delivery cancelled", "投递已取消"),
    "cause.message_failed": ("its message failed", "消息处理失败"),
    "cause.approval": ("approval incomplete", "批准未齐"),
    "cause.waiting": ("its message waits", "消息等待中"),
    "cause.routing": ("being taken in", "正在接收"),
    "cause.link": ("link missing", "缺对照"),
    "cause.lane": ("behind another one in its lane", "同通道前单未完"),
    "cause.after": ("waits for the step before", "等待前序步骤"),
    "cause.confirmed": ("waits for a read-back before", "等待前序回读"),
    "cause.retrying": ("being retried", "重试中"),
    "cause.accepted": ("accepted, result to come", "已受理待结果"),
    "cause.sending": ("to be sent", "待发送"),
    "cause.read_back": ("to be read back", "待回读"),
    "cause.unreadable": ("could not be read back", "无法回读"),
    "cause.differs": ("read back differently", "回读不符"),
    "cause.no_route": ("no route took it", "没有路由接收"),
    "cause.no_step": ("its route has no step for it", "路由中无适用步骤"),
    # what helps
    "next.dead": ("hub delivery show {ref}", "hub delivery show {ref}"),
    "next.in_doubt": ("hub delivery show {ref}", "hub delivery show {ref}"),
    "next.cancelled": ("hub delivery show {ref}", "hub delivery show {ref}"),
    "next.held": ("hub gate show {ref}", "hub gate show {ref}"),
    "next.observed": ("hub delivery show {ref}", "hub delivery show {ref}"),
    "next.message_failed": ("hub trace {number}", "hub trace {number}"),
    "next.approval": ("approve it at {where}", "在 {where} 完成批准"),
    "next.waiting": ("hub trace {number}", "hub trace {number}"),
    "next.link": ("make the link: hub link wanted", "建立对照：hub link wanted"),
    "next.unreadable": ("hub delivery show {ref}", "hub delivery show {ref}"),
    "next.differs": ("hub delivery show {ref}", "hub delivery show {ref}"),
    "next.no_route": ("hub trace {number}", "hub trace {number}"),
    "next.found": ("hub reconcile explain {number}", "hub reconcile explain {number}"),
    "next.late": ("hub trace {number}", "hub trace {number}"),
    # pages, figures, tables, columns
    "page.overview": ("Overview", "概览"),
    "page.steps": ("Between departments", "部门间用时"),
    "page.causes": ("What keeps them", "受阻原因"),
    "page.commitments": ("Commitments", "承诺明细"),
    "page.definitions": ("How it is counted", "口径说明"),
    "figure.rate": ("Fulfilment rate", "履约率"),
    "figure.strict_rate": ("Of all not revoked", "占全部未撤销"),
    "figure.in_time_rate": ("Within {limit}", "{limit}内履约"),
    "figure.count": ("Commitments", "承诺数"),
    "figure.median": ("Time to fulfil, median", "履约用时中位数"),
    "figure.p90": ("Time to fulfil, p90", "履约用时 P90"),
    "figure.longest": ("Time to fulfil, longest", "履约用时最长"),
    "figure.state": ("State", "状态"),
    "figure.age": ("Time", "用时"),
    "figure.steps": ("Steps delivered", "已送达步骤"),
    "figure.of": ("{part} of {whole}", "{part} / {whole}"),
    "figure.of_times": ("of {count} fulfilled", "已履约 {count} 单"),
    "table.states": ("By state", "按状态"),
    "table.trend": ("By day of receipt", "按接收日"),
    "table.trend_weekly": ("By week of receipt", "按接收周"),
    "table.steps": ("Time of each step", "各步骤用时"),
    "table.parts": ("Where the time goes, on average", "时间去向（平均）"),
    "table.causes": ("What keeps them", "受阻原因"),
    "table.commitments": ("Commitments, the worst first", "承诺明细（最差在前）"),
    "table.definitions": ("How it is counted", "口径说明"),
    "table.timeline": ("What happened", "经过"),
    "chart.rate": ("Fulfilment rate", "履约率"),
    "chart.times": ("Time to fulfil", "履约用时"),
    "chart.states": ("Commitments by state", "各状态承诺数"),
    "chart.parts": ("Where the time goes", "时间去向"),
    "column.state": ("State", "状态"),
    "column.count": ("Number", "数量"),
    "column.share": ("Share", "占比"),
    "column.day": ("Day", "日期"),
    "column.week": ("Week from", "周（起始日）"),
    "column.due": ("Due", "应履约"),
    "column.fulfilled": ("Fulfilled", "已履约"),
    "column.rate": ("Rate", "履约率"),
    "column.median": ("Median", "中位数"),
    "column.p90": ("p90", "P90"),
    "column.longest": ("Longest", "最长"),
    "column.mean": ("Mean", "平均"),
    "column.step": ("Step", "步骤"),
    "column.connection": ("System", "系统"),
    "column.measure": ("Time", "用时口径"),
    "column.approving": ("Approval", "批准"),
    "column.preceding": ("Step before", "前序步骤"),
    "column.held": ("Held", "扣留"),
    "column.queued": ("Queue", "排队"),
    "column.tried": ("Tried", "执行"),
    "column.total": ("Total", "合计"),
    "column.cause": ("Cause", "原因"),
    "column.where": ("Where", "位置"),
    "column.oldest": ("Oldest since", "最早自"),
    "column.number": ("Number", "编号"),
    "column.age": ("Time", "用时"),
    "column.received": ("Received", "接收时间"),
    "column.revision": ("Revision", "版本"),
    "column.done": ("Delivered", "已送达"),
    "column.planned": ("Steps", "步骤数"),
    "column.customer": ("Customer", "客户"),
    "column.owner": ("Owner", "负责人"),
    "column.source": ("From", "来源"),
    "column.next": ("Next step", "下一步"),
    "column.at": ("At", "时间"),
    "column.what": ("What", "事件"),
    "column.words": ("More", "说明"),
    "column.term": ("Figure", "指标"),
    "column.definition": ("How it is counted", "口径"),
    "measure.total": ("from receipt to delivery", "自接收至送达"),
    "measure.own": ("between departments", "部门间（自前序结束）"),
    "measure.waited": ("of the total: waited", "其中：等待"),
    "measure.tried": ("of the total: worked", "其中：执行"),
    # what happened
    "what.received": ("received", "接收"),
    "what.approved": ("approved", "批准"),
    "what.rejected": ("rejected", "驳回"),
    "what.approval_revoked": ("approval revoked", "批准撤回"),
    "what.revoked": ("revoked", "撤销"),
    "what.planned": ("planned", "安排"),
    "what.held": ("held by a gate", "闸口扣留"),
    "what.decided": ("gate decided", "闸口决定"),
    "what.attempt": ("attempt", "尝试"),
    "what.read": ("read back", "回读"),
    "what.done": ("delivered", "送达"),
    "what.ended": ("ended", "结束"),
    "what.finding": ("finding", "差异"),
    "what.repair": ("repair", "修复"),
    "line.revision": ("revision {revision}", "版本 {revision}"),
    "line.personal": (
        "Whose a record is, is personal data and not in this report.",
        "负责人属于个人信息，本报告不列出。",
    ),
    # definitions
    "define.period": (
        "Commitments whose newest revision was received from {since} to {until}, both days "
        "included, in {zone}. Each commitment is counted once, by its newest revision.",
        "最新版本接收日期在 {since} 至 {until}（含首尾两日，时区 {zone}）的承诺单；"
        "每单按最新版本计一次。",
    ),
    "define.fulfilled": (
        "Every planned step of the newest revision is delivered or done by hand, confirmed where "
        "it is read back, and no finding is open on its key.",
        "最新版本的每个步骤均已送达或已人工完成，需回读的已确认，且其编号无未决差异。",
    ),
    "define.broken": (
        "All steps are delivered, but a finding is open on its key, or it was read back "
        "differently: somebody changed or deleted it.",
        "各步骤均已送达，但其编号有未决差异，或回读不符：有人改动或删除。",
    ),
    "define.stopped": (
        "It goes on only when a person acts: a step is dead, in doubt, cancelled or held, a gate "
        "holds the record, or its message failed.",
        "须人工处理才能继续：步骤为死信、结果不明、已取消或被扣留，单据被闸口扣留，或消息处理失败。",
    ),
    "define.late": (
        "Underway, and received more than {limit} ago.",
        "在途，且接收已超过 {limit}。",
    ),
    "define.underway": (
        "Goes on by itself, or waits for approvals, links, other steps or a read-back; received "
        "at most {limit} ago.",
        "自动进行中，或在等批准、对照、其他步骤、回读；接收不超过 {limit}。",
    ),
    "define.not_planned": (
        "No route took it, or its route has no step for it: nothing is delivered. Drafts, and what "
        "is still being approved at its source, are among them.",
        "没有路由接收，或路由中无适用步骤：不投递。草稿与来源系统审批中的单据在内。",
    ),
    "define.revoked": ("The newest revision was revoked.", "最新版本已撤销。"),
    "define.rate": (
        "Fulfilled ÷ due. Due are fulfilled, broken, stopped and late ones. Revoked ones, those "
        "no route took, and those underway for at most {limit} are in neither.",
        "已履约 ÷ 应履约。应履约 = 已履约 + 已破坏 + 停滞 + 逾期；"
        "已撤销、未安排、在途未超过 {limit} 的不计入。",
    ),
    "define.strict_rate": (
        "Fulfilled ÷ all but the revoked ones, however young, and those no route took too.",
        "已履约 ÷ 除已撤销以外的全部，含新近接收与未安排的。",
    ),
    "define.in_time_rate": (
        "Fulfilled within {limit} ÷ those received at least {limit} ago, without the revoked and "
        "those no route took. The young count in neither, fast or slow.",
        "{limit} 内履约 ÷ 接收已满 {limit} 的（不含已撤销与未安排）；新近接收的无论快慢均不计入。",
    ),
    "define.none": (
        "A share of nothing is shown as –. Shares are cut to two decimals of a percent, never "
        "rounded up.",
        "分母为零的比率显示为 –；百分比截取两位小数，不进位。",
    ),
    "define.time": (
        "Of fulfilled ones: from the receipt of the newest revision until its last step was first "
        "delivered. A later repair is no part of it. Calendar time, not working time.",
        "已履约的承诺：自最新版本接收至最后一个步骤首次送达；其后的修复不计。按自然时间。",
    ),
    "define.median": (
        "Half take no longer than the median, nine in ten no longer than p90; both are times that "
        "were measured. Times are in whole seconds.",
        "一半不超过中位数，九成不超过 P90；均为实测值，精确到秒。",
    ),
    "define.own": (
        "Of each step that was delivered: from the end of the steps it waits for (`after:`), or "
        "from the receipt where it waits for none, until it was first delivered.",
        "已送达的步骤：自其前序步骤（`after:`）结束（没有前序的自接收）至首次送达。",
    ),
    "define.waited": (
        "Waited: until the first attempt. Worked: from the first attempt until it was delivered. "
        "Both add up to the total of a step, which begins with the receipt; medians do not add up.",
        "等待：至首次尝试。执行：自首次尝试至送达。单个步骤二者之和等于合计（自接收起算）；"
        "中位数不能相加。",
    ),
    "define.parts": (
        "Approval: from the receipt until the step was planned. Step before: from then until those "
        "before it ended. Held: by gates after that. Queue: the rest until the first attempt. "
        "Averages add up to the total, but for rounding to seconds.",
        "批准：自接收至安排步骤。前序步骤：其后至前序结束。扣留：其后被闸口扣留。"
        "排队：其余至首次尝试。平均值之和等于合计（仅有取整到秒之差）。",
    ),
    "define.causes": (
        "One cause for each commitment, the gravest of its steps; of several findings the gravest.",
        "每单只计一个原因：各步骤中最严重的；多条差异取最严重的。",
    ),
}
