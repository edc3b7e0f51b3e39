"""What codes are called by people: states, reasons, outcomes, roles; and how they look."""

from __future__ import annotations

from collections.abc import Mapping

from hub.language import Language
from hub.service import reasons


def word(language: Language, group: str, name: str) -> str:
    """Return a code as people call it: states, reasons, roles; an unknown one stays as it is.

    The group `why` is that of the reasons of messages, which are sentences.
    """
    if group == "why":
        return reasons.tell(name, language)
    known = WORDS.get(group, {}).get(name)
    return name if known is None else known[1 if language is Language.ZH else 0]


#: Group → code → English, Chinese.
WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "state": {
        "blocked": ("blocked", "等待中"),
        "ready": ("ready", "待发送"),
        "sending": ("sending", "发送中"),
        "in_doubt": ("in doubt", "结果待查"),
        "accepted": ("accepted", "已受理"),
        "delivered": ("delivered", "已送达"),
        "dead": ("dead", "死信"),
        "superseded": ("superseded", "已被新版取代"),
        "cancelled": ("cancelled", "已取消"),
        "skipped": ("done by hand", "人工完成"),
        "observed": ("observed", "仅观察"),
    },
    "confirm": {
        "due": ("to be read back", "待回读"),
        "reading": ("reading back", "回读中"),
        "confirmed": ("confirmed", "回读一致"),
        "differs": ("differs", "回读不符"),
        "unreadable": ("unreadable", "无法回读"),
        "overtaken": ("overtaken", "已被后续覆盖"),
    },
    "message": {
        "received": ("received", "已接收"),
        "fetching": ("fetching", "取数中"),
        "routed": ("routed", "已路由"),
        "waiting": ("waiting", "等待中"),
        "ignored": ("ignored", "已忽略"),
        "failed": ("failed", "处理失败"),
    },
    "reason": {
        "rejected": ("rejected by the far end", "被对方拒绝"),
        "conflict": ("changed there meanwhile", "对方单据已变"),
        "mapping": ("does not fit the mapping", "报文无法生成"),
        "configuration": ("configuration is wrong", "配置有误"),
        "outcome_unknown": ("outcome unknown", "结果不明"),
        "period_closed": ("period closed", "会计期间已关闭"),
        "poison": ("broke repeatedly", "反复中断"),
        "deadline": ("out of time", "超过期限"),
        "payload_erased": ("document erased", "报文已清除"),
        "person": ("by a person", "人工决定"),
        "gate_refused": ("refused at a gate", "被关卡拒绝"),
    },
    "outcome": {
        "applied": ("applied", "已执行"),
        "already_applied": ("had it already", "此前已执行"),
        "accepted": ("accepted", "已受理"),
        "rejected": ("rejected", "拒绝"),
        "conflict": ("conflict", "冲突"),
        "rate_limited": ("rate limited", "限流"),
        "unavailable_not_applied": ("not reached", "未送达"),
        "not_authorized": ("not authorised", "未授权"),
        "misconfigured": ("misconfigured", "配置不符"),
        "period_closed": ("period closed", "期间已关闭"),
        "unknown": ("unknown", "结果不明"),
        "confirmed": ("confirmed", "回读一致"),
        "differs": ("differs", "回读不符"),
        "unreadable": ("unreadable", "无法回读"),
        "overtaken": ("overtaken", "已被后续覆盖"),
        "found": ("found", "已查到"),
        "absent": ("absent", "未查到"),
    },
    "call": {
        "send": ("send", "发送"),
        "ask": ("ask", "查询"),
        "read": ("read back", "回读"),
        "result": ("ask for the result", "查询结果"),
        "find": ("search", "查找"),
    },
    "decision": {
        "approved": ("approved", "同意"),
        "rejected": ("rejected", "驳回"),
        "revoked": ("revoked", "撤销"),
    },
    "kind": {
        "commitment": ("commitment", "承诺"),
        "contract": ("contract", "合同"),
        "order": ("order", "订单"),
        "shipment": ("shipment", "发货"),
        "bom": ("BOM", "物料清单"),
        "approval": ("approval", "审批"),
        "notice": ("notice", "通知"),
    },
    "wait": {
        "lane": ("the delivery before it", "同一通道的前一投递"),
        "after": ("the step", "步骤"),
        "confirmed": ("the read-back of", "回读核对"),
        "link": ("a link", "对照"),
        "hold": ("a person", "人工放行"),
        "gate": ("a gate", "关卡"),
    },
    "connection": {
        "open": ("works", "正常"),
        "paused": ("paused", "已暂停"),
        "held": ("waits", "暂缓"),
    },
    "hold": {
        "held": ("held", "已扣住"),
        "released": ("released", "已放行"),
        "refused": ("refused", "已拒绝"),
        "passed": ("passed", "条件已满足"),
        "lapsed": ("lapsed", "已失效"),
    },
    "watch": {
        "fired": ("fired", "已触发"),
        "cannot_tell": ("cannot tell", "无法判断"),
        "armed": ("waiting", "计时中"),
        "cleared": ("cleared", "已解除"),
        "met": ("met", "已满足"),
        "ended": ("ended", "已结束"),
    },
    "span": {
        "2 hours": ("for 2 hours", "2 小时"),
        "1 working day": ("for a working day", "1 个工作日"),
        "3 working days": ("for 3 working days", "3 个工作日"),
        "7 days": ("for a week", "7 天"),
    },
    "todo": {
        "gate": ("held by a gate", "关卡扣住"),
        "approval": ("approval missing", "待审批"),
        "failed": ("message failed", "消息失败"),
        "dead": ("dead letter", "死信"),
        "hold": ("waits for a word", "待人工放行"),
        "differs": ("read-back differs", "回读不符"),
        "unreadable": ("not read back", "无法回读"),
        "watch": ("watch", "监视"),
        "paused": ("paused", "连接暂停"),
        "observed": ("observed", "观察期"),
        "link": ("link missing", "缺少对照"),
        "mapping": ("mapping files", "映射有误"),
        "noted": ("to look at", "请核查"),
    },
    "fact": {
        "revision": ("revision", "版本"),
        "route": ("route", "路由"),
        "step": ("step", "步骤"),
        "steps": ("steps", "步骤"),
        "reason": ("reason", "原因"),
        "key": ("key", "键"),
        "connection": ("connection", "连接"),
        "level": ("level", "层级"),
        "gate": ("gate", "关卡"),
        "action": ("action", "操作"),
        "latest": ("mapped anew", "重新映射"),
        "code": ("code", "代码"),
    },
    "role": {
        "viewer": ("viewer", "查看者"),
        "operator": ("operator", "操作员"),
        "mapper": ("mapper", "映射维护"),
        "accountant": ("accountant", "会计"),
        "reviewer": ("reviewer", "复核"),
        "admin": ("admin", "管理员"),
        "sales_supervisor": ("sales supervisor", "销售主管"),
        "regional_director": ("regional director", "区域总监"),
        "operations_director": ("operations director", "运营总监"),
        "finance_director": ("finance director", "财务总监"),
        "coo": ("COO", "首席运营官"),
    },
    "scope": {
        "own": ("one's own", "本人"),
        "team": ("the team", "本团队"),
        "all": ("everybody", "全部"),
    },
    "entry": {
        "message.parked": ("A message waits for a link", "消息等待对照"),
        "message.replayed": ("Message taken up again", "消息重新受理"),
        "message.ignored": ("Message set aside", "消息搁置"),
        "record.planned": ("Deliveries planned", "已计划投递"),
        "record.waiting": ("Waits", "等待"),
        "record.revoked": ("Revoked", "已撤销"),
        "delivery.delivered": ("Delivered", "已送达"),
        "delivery.confirmed": ("Read back: it agrees", "回读一致"),
        "delivery.differs": ("Read back: it differs", "回读不符"),
        "delivery.unreadable": ("Could not be read back", "无法回读"),
        "delivery.overtaken": ("Overtaken by a later one", "已被后续覆盖"),
        "delivery.dead": ("Stopped: a person decides", "停止，待人工处理"),
        "delivery.parked": ("Waits for a link", "等待对照"),
        "delivery.reported": ("The far end reported", "对方回报"),
        "delivery.retried": ("Tried again by a person", "人工重试"),
        "delivery.edited": ("Document changed by a person", "人工修改报文"),
        "delivery.skipped": ("Counted as done by hand", "记为人工完成"),
        "delivery.cancelled": ("Cancelled", "已取消"),
        "delivery.superseded": ("Superseded by a newer revision", "已被新版取代"),
        "delivery.skipped_by_person": ("Counted as done by hand", "记为人工完成"),
        "delivery.cancelled_by_person": ("Cancelled by a person", "人工取消"),
        "delivery.lease_ended": ("A worker went away meanwhile", "处理进程中途离开"),
        "delivery.observed": ("Shown, not sent", "仅展示，未发送"),
        "link.set": ("Link set by a person", "人工登记对照"),
        "todo.applied_after_all": ("To look at: applied after all", "请核查：后来已执行"),
        "todo.message_conflict": ("To look at: same id, other content", "请核查：同号内容不同"),
        "action.done": ("A person did", "人工操作"),
        "action.refused": ("Refused to a person", "人工操作被拒"),
        "gate.held": ("Held by a gate", "被关卡扣住"),
        "gate.released": ("Released", "已放行"),
        "gate.refused": ("Refused", "已拒绝"),
        "gate.passed": ("The gate's conditions are met", "关卡条件已满足"),
        "gate.lapsed": ("The hold lapsed", "扣住已失效"),
        "watch.armed": ("A watch began", "监视开始"),
        "watch.fired": ("A watch fired", "监视触发"),
        "watch.cleared": ("A watch is over", "监视解除"),
    },
}  # fmt: skip

#: What a word's state looks like: good, bad, wait or quiet; everything else is plain.
TONES: Mapping[str, str] = {
    **dict.fromkeys(
        ("delivered", "confirmed", "applied", "already_applied", "approved", "open", "released",
         "passed", "cleared", "met", "skipped", "found", "routed"),
        "good",
    ),
    **dict.fromkeys(
        ("dead", "failed", "differs", "mapping", "noted", "link", "rejected", "refused", "fired",
         "paused", "conflict", "unknown", "period_closed", "not_authorized", "misconfigured",
         "unreadable"),
        "bad",
    ),
    **dict.fromkeys(
        ("gate", "approval", "hold", "observed", "watch", "blocked", "ready", "waiting", "held",
         "in_doubt", "cannot_tell", "accepted", "due",
         "reading", "sending", "armed", "rate_limited", "unavailable_not_applied"),
        "wait",
    ),
    **dict.fromkeys(
        ("superseded", "cancelled", "ignored", "lapsed", "ended", "overtaken", "absent"), "quiet"
    ),
}  # fmt: skip
