"""What the console says, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from hub.language import Language


def text(language: Language, key: str, /, **values: object) -> str:
    """Return a text with its placeholders filled."""
    english, chinese = TEXTS[key]
    return (chinese if language is Language.ZH else english).format(**values)


#: Key → English, Chinese.
TEXTS: Mapping[str, tuple[str, str]] = {
    "brand": ("Accord Hub", "守诺中枢"),
    "skip": ("Skip to content", "跳到正文"),
    "nav": ("Pages", "页面"),
    "nav.home": ("To do", "待办"),
    "nav.deliveries": ("Deliveries", "投递"),
    "nav.messages": ("Messages", "消息"),
    "nav.gates": ("Gates", "关卡"),
    "nav.watches": ("Watches", "监视"),
    "nav.documents": ("Documents", "文书"),
    "nav.connections": ("Connections", "连接"),
    "logout": ("Sign out", "退出"),
    "actor.system": ("the hub", "中枢"),
    "footer": (
        "Times in {zone}. What you decide here is in the ledger under your name.",
        "时间均为 {zone}。您在此作出的决定会以您的名义记入台账。",
    ),
    "about": ("About it", "基本信息"),
    "decide": ("Decide", "处理"),
    "reason": ("Reason, kept with it", "原因（随记录保存）"),
    # signing in
    "login.title": ("Sign in", "登录"),
    "login.token": ("Your personal token", "您的个人令牌"),
    "login.enter": ("Sign in", "登录"),
    "login.how": ("A token is made on the hub's machine:", "令牌在中枢所在机器上生成："),
    "login.already": (
        "Signed in already in this browser? Go on to the page.",
        "已在此浏览器登录？直接进入该页。",
    ),
    "login.refused": ("Not signed in. {why}", "未能登录。{why}"),
    "login.wait": (
        "Too many attempts. Try again in {seconds} seconds.",
        "尝试次数过多，请 {seconds} 秒后再试。",
    ),
    "login.unprotected": (
        "This address is not encrypted: others in the network could read your token. Use https.",
        "此地址未加密，网络中的他人可能读到您的令牌。请使用 https。",
    ),
    "shut.title": ("The console is closed", "控制台尚未开放"),
    "shut.why": (
        "people.yaml names nobody yet, so nobody could be told from anybody else. "
        "Write down who may do what; it counts at once.",
        "people.yaml 中还没有任何人，无法分辨是谁在操作。请写明谁可以做什么，保存后立即生效。",
    ),
    "shut.write": ("Write {file}:", "编辑 {file}："),
    "shut.name": ("Li Na", "李娜"),
    "shut.token": (
        "Make the first token, on the hub's machine:",
        "在中枢所在机器上生成第一个令牌：",
    ),
    "shut.back": ("Then come back:", "然后回到这里："),
    # errors
    "error.back": ("Back", "返回"),
    "error.nothing": ("Nothing here", "没有找到"),
    "error.not_found": (
        "There is nothing that is called {given}, or you may not see it.",
        "没有 {given}，或您无权查看。",
    ),
    "error.no_page": ("There is no such page.", "没有这个页面。"),
    "error.refused": ("Not done", "未执行"),
    "error.turned": ("Not taken", "未受理"),
    "error.store": ("The store is away", "存储暂不可用"),
    "error.store_away": (
        "The store cannot be used now. Try again in a moment.",
        "存储暂不可用，请稍后再试。",
    ),
    "error.failed": ("Something went wrong", "出错了"),
    "error.ours": (
        "It is the hub's fault, and its log tells more. Nothing was half done.",
        "这是中枢的问题，详情见日志。没有任何操作只做了一半。",
    ),
    "error.no_role": (
        "You have no role today. An admin gives roles in people.yaml.",
        "您今天没有任何角色。角色由管理员在 people.yaml 中授予。",
    ),
    "turned.form": ("This is no form of the console.", "这不是控制台的表单。"),
    "turned.large": ("The form is too large.", "表单内容过大。"),
    "turned.elsewhere": (
        "The form came from another site. Open the page here and send it again.",
        "表单来自其他网站。请在此打开页面后重新提交。",
    ),
    "turned.outdated": (
        "The page is from an earlier visit. Go back, reload it and send it again.",
        "该页面属于之前的登录。请返回并刷新页面后重新提交。",
    ),
    "turned.reason": (
        "A reason is needed, of at most 2000 characters.",
        "请填写原因，不超过 2000 字。",
    ),
    # what was done
    "done.retried": ("It is tried again.", "已安排重试。"),
    "done.edited": ("The new document is on its way.", "修改后的报文已安排发送。"),
    "done.held": (
        "Saved. A gate holds it until a second person has looked.",
        "已保存，须经第二人在关卡处放行后发送。",
    ),
    "done.skipped": ("Counted as done by hand.", "已记为人工完成。"),
    "done.cancelled": ("Cancelled, with the steps after it.", "已取消，后续步骤一并取消。"),
    "done.replayed": ("The message is taken up again.", "消息已重新受理。"),
    "done.paused": ("The connection is paused.", "连接已暂停。"),
    "done.resumed": ("The connection goes on.", "连接已恢复。"),
    "done.released": ("Released.", "已放行。"),
    "done.approved": ("Your approval is noted.", "已记录您的同意。"),
    "done.refused": ("Refused.", "已拒绝。"),
    "done.snoozed": ("Put off.", "已推迟提醒。"),
    "done.acknowledged": ("Noted that you look after it.", "已记录由您跟进。"),
    "done.copied": ("The copy is made.", "副本已出具。"),
    "done.void": ("The document is revoked, all its copies with it.", "文书及全部副本已撤销。"),
    "done.revoked": ("The token is revoked.", "令牌已吊销。"),
    # home
    "home.title": ("What needs attention", "需要处理的事项"),
    "home.nothing": ("Nothing waits for a person.", "没有待人工处理的事项。"),
    "home.more": ("More wait; these are the first {count}.", "还有更多，此处列出前 {count} 项。"),
    "home.mine": ("For me", "由我处理"),
    "home.all": ("Everything", "全部"),
    "home.alerts": ("Open alerts", "未解除的告警"),
    "home.for": ("for", "由"),
    "home.counts": ("Altogether", "总览"),
    "home.acknowledged": ("looked after by {by}", "由 {by} 跟进"),
    "home.look": ("Look", "查看"),
    # finding
    "find.title": ("Find", "查找"),
    "find.label": ("Number or id", "编号或 ID"),
    "find.hint": ("Number, id …", "编号、ID …"),
    "find.go": ("Find", "查找"),
    "find.nothing": ("Nothing is called {wanted}.", "没有找到 {wanted}。"),
    "find.near": ("Near it:", "相近的有："),
    "find.what": (
        "Business numbers, ids of other systems, and endings of ids of deliveries and messages "
        "(6 characters or more).",
        "可输入业务编号、其他系统中的编号，以及投递或消息 ID 的结尾（不少于 6 位）。",
    ),
    # lists
    "filter.state": ("State", "状态"),
    "filter.connection": ("Connection", "连接"),
    "filter.any": ("any", "全部"),
    "filter.show": ("Show", "查看"),
    "list.nothing": ("Nothing here.", "暂无内容。"),
    "list.older": ("Older", "更早的"),
    "col.connection": ("Connection", "连接"),
    "col.correlation_id": ("Correlation id", "关联号"),
    "col.created": ("Planned", "计划时间"),
    "col.deadline": ("Deadline", "期限"),
    "col.due": ("Due", "到期"),
    "col.expires": ("Expires", "到期"),
    "col.external_id": ("Their id", "对方编号"),
    "col.finished": ("Finished", "完成时间"),
    "col.handle": ("Our key", "我方键"),
    "col.id": ("Id", "标识"),
    "col.key": ("Idempotency key", "幂等键"),
    "col.kind": ("Kind", "种类"),
    "col.label": ("Label", "备注"),
    "col.made": ("Made", "生成"),
    "col.mapping": ("Mapping", "映射"),
    "col.message": ("Message", "消息"),
    "col.number": ("Number", "编号"),
    "col.object_id": ("Object", "对象"),
    "col.reason": ("Reason", "原因"),
    "col.received": ("Received", "接收时间"),
    "col.route": ("Route", "路由"),
    "col.state": ("State", "状态"),
    "col.step": ("Step", "步骤"),
    "col.stream": ("Stream", "数据流"),
    "col.used": ("Last used", "最近使用"),
    "col.wake_key": ("Waits for", "等待"),
    "col.words": ("What was said", "对方原话"),
    # personal data
    "personal.masked": ("Personal data is masked.", "个人信息已脱敏。"),
    "personal.show": ("Show it; the ledger notes that", "显示（将记入台账）"),
    "personal.shown": (
        "Personal data is shown; the ledger has noted that.",
        "正在显示个人信息，已记入台账。",
    ),
    # the story of a number
    "trace.revision": ("Revision {revision}", "第 {revision} 版"),
    "trace.changed": ("changed", "变更于"),
    "trace.where": ("Where it stands", "当前进展"),
    "trace.documents": ("Documents", "文书"),
    "trace.line": ("What happened", "经过"),
    "trace.message": ("{connection} brought {stream}", "{connection} 送来 {stream}"),
    "trace.repeats": (
        "{count} more messages brought nothing new",
        "另有 {count} 条消息未带来新内容",
    ),
    "trace.revised": ("Revision {revision} is on record", "第 {revision} 版入账"),
    "trace.revoked": ("revoked", "已撤销"),
    "trace.document": ("Document", "单据内容"),
    "trace.approval": ("{person}, {level}:", "{person}（{level}）："),
    "trace.auto": ("passed by itself", "自动通过"),
    "trace.links": ("Known elsewhere as", "在其他系统中的编号"),
    "trace.ledger": (
        "{count} ledger entries belong to this record.",
        "该单据共有 {count} 条台账记录。",
    ),
    # messages
    "message.title": ("Message", "消息"),
    "message.item": ("What it brought", "消息内容"),
    "message.decide": ("Take it up again", "重新受理"),
    "message.replay": ("Replay", "重新受理"),
    "message.replay_why": (
        "It is mapped anew, with the mapping files in force.",
        "将按当前生效的映射重新处理。",
    ),
    "payload.none": ("No document: not mapped yet, or erased.", "没有报文：尚未映射，或已清除。"),
    # deliveries
    "delivery.title": ("Delivery", "投递"),
    "delivery.document": ("Document", "报文"),
    "delivery.attempts": ("Attempts ({count})", "尝试（{count}）"),
    "delivery.none_yet": ("None yet.", "尚无。"),
    "delivery.waits": ("Waits for", "等待"),
    "attempt.late": ("came late", "迟到的结果"),
    "attempt.took": ("{ms} ms", "{ms} 毫秒"),
    "attempt.answer": ("Their answer", "对方应答"),
    "edit.label": (
        "The whole document as JSON. Change it, and it is sent.",
        "完整报文（JSON）。修改后保存即发送。",
    ),
    "edit.save": ("Save and send", "保存并发送"),
    "edit.key": ("The edited delivery has a key of its own.", "修改后的投递使用新的幂等键。"),
    "edit.open": ("Open for editing", "打开编辑"),
    "edit.unmask": (
        "It is shown with personal data then, and the ledger notes that.",
        "届时将显示个人信息，并记入台账。",
    ),
    "edit.unsure": (
        "It cannot be edited: nobody knows whether it was applied, so both could be. Retry it; "
        "the far end is asked first.",
        "不能修改：无法确定是否已执行，修改可能导致重复。可重试，系统会先向对方查询。",
    ),
    "edit.typed": ("What you had written", "您输入的内容"),
    "edit.wrong": (
        "Not saved. {count} thing(s) to correct; your text is kept below.",
        "未保存，有 {count} 处需更正；您输入的内容保留在下方。",
    ),
    "edit.place": ("line {line}, column {column}:", "第 {line} 行第 {column} 列："),
    "edit.anyway": (
        "Send it all the same: the far end takes what its description does not say.",
        "仍然发送：对方可接受说明之外的内容。",
    ),
    "retry": ("Retry", "重试"),
    "retry.latest": ("Map it anew with the files in force", "按当前生效的映射重新生成"),
    "skip.title": ("It was done by hand", "已人工完成"),
    "skip.why": ("What waits for it goes on.", "后续步骤继续进行。"),
    "skip.external_id": ("Their id of what was made, if any", "对方系统中的编号（如有）"),
    "skip.do": ("Count as done", "记为完成"),
    "cancel.title": ("It must not happen", "不再执行"),
    "cancel.why": (
        "The steps after it are cancelled too. This is final.",
        "后续步骤一并取消，不可恢复。",
    ),
    "cancel.do": ("Cancel it", "取消投递"),
    "help.configuration": (
        "A file or connection is wrong or gone. Put it right, then retry.",
        "文件或连接有误或缺失。修正后重试。",
    ),
    "help.conflict": (
        "The object was changed there meanwhile. Look there, then retry.",
        "对方单据已被改动。请先核对，再重试。",
    ),
    "help.deadline": (
        "It could not be sent in time. Retry once the far end is well.",
        "期限内未能发送。对方恢复后重试。",
    ),
    "help.mapping": (
        "The record does not fit the mapping; nothing was sent. Correct the file or table, then "
        "retry with the files in force.",
        "单据与映射不符，未发送。修正映射或对照表后，按当前映射重试。",
    ),
    "help.outcome_unknown": (
        "Nobody knows whether it was applied. Look there, then skip, cancel or retry.",
        "无法确定是否已执行。请到对方系统核对，再标记完成、取消或重试。",
    ),
    "help.payload_erased": (
        "Its document was erased. Replay its message, or cancel it.",
        "报文已清除。请重新受理原消息，或取消。",
    ),
    "help.period_closed": (
        "The accounting period is closed there. Open it and retry, or change the date.",
        "对方会计期间已关闭。开账后重试，或修改日期。",
    ),
    "help.poison": (
        "The process broke each time it was sent. Tell whoever runs the hub.",
        "每次发送都中断。请联系中枢的运维人员。",
    ),
    "help.rejected": (
        "The far end refused it in these words. Remove the cause and retry, or change the "
        "document.",
        "对方以上述原话拒绝。消除原因后重试，或修改报文。",
    ),
    "help.other": (
        "A person has to decide. The page of the docs says more.",
        "需要人工决定，详见文档。",
    ),
    "help.page": ("More about it", "了解更多"),
    # connections
    "connection.observe": ("observes only", "仅观察"),
    "connection.since": ("Paused by {by}", "由 {by} 暂停"),
    "connection.until": ("No call before", "在此之前不调用："),
    "connection.failures": ("{count} failures in a row", "连续失败 {count} 次"),
    "connection.read": ("read", "读取于"),
    "connection.resume": ("Resume", "恢复"),
    "connection.pause": ("Pause …", "暂停 …"),
    "connection.pause_do": ("Pause; deadlines stand still", "暂停（期限同时暂停）"),
    # gates
    "gate.by_hand": ("held by hand", "人工扣住"),
    "gate.since": ("held since", "扣住于"),
    "gate.requested": ("asked for by {by}", "申请人 {by}"),
    "gate.roles": ("may be released by {roles}", "可由 {roles} 放行"),
    "gate.release": ("Release", "放行"),
    "gate.approve": ("Approve as a person of a needed level", "以所需层级的身份同意"),
    "gate.refuse": ("Refuse", "拒绝"),
    "gate.none": ("Gates hold nothing of this kind.", "关卡没有此类内容。"),
    # watches
    "watch.deadline": ("was due", "应于此前发生："),
    "watch.fired": ("fired", "触发于"),
    "watch.cleared": ("cleared", "解除于"),
    "watch.told": ("told {count} time(s)", "已提醒 {count} 次"),
    "watch.acknowledge": ("I look after it", "由我跟进"),
    "watch.acknowledged": ("Looked after by {by} since", "由 {by} 跟进，自"),
    "watch.snooze": ("Put off", "推迟提醒"),
    "watch.snoozed": ("Put off until", "推迟至"),
    "watch.for": ("For how long", "推迟多久"),
    "watch.none": ("No watch is in this state.", "没有处于此状态的监视。"),
    # documents
    "document.title": ("Document", "文书"),
    "document.record": ("Record", "单据号"),
    "document.none": ("No document is such.", "没有符合条件的文书。"),
    "document.issued": ("Issued", "出具时间"),
    "document.by": ("Issued by", "出具人"),
    "document.ended": ("Ended", "失效时间"),
    "document.after": ("Superseded by", "取代者"),
    "document.content": ("Content (SHA-256)", "内容校验值（SHA-256）"),
    "document.file": ("File (SHA-256)", "文件校验值（SHA-256）"),
    "document.name": ("Document file", "文书文件"),
    "document.copies": ("{count} copies", "{count} 份副本"),
    "document.copy": ("Copy", "副本"),
    "document.recipient": ("Recipient", "收件人"),
    "document.pages": ("Pages", "页数"),
    "document.get": ("Download", "下载"),
    "document.noted": (
        "Names stand in a file, so the ledger notes who took it.",
        "文件内含姓名，下载将记入台账。",
    ),
    "document.sent": ("Where its revision went", "该版本的去向"),
    "document.checks": ("Checks, the newest first", "核验记录（新的在前）"),
    "document.unchecked": ("Nobody has checked it yet.", "尚无核验记录。"),
    "document.serial": ("Check", "核验流水号"),
    "document.at": ("At", "时间"),
    "document.given": ("Given", "提交内容"),
    "document.verdict": ("Verdict", "结论"),
    "document.who": ("By", "核验人"),
    "document.public": ("public page", "公开页面"),
    "document.company": ("Company", "公司"),
    "document.reissue": ("Make a further copy", "加出副本"),
    "document.reissue_why": (
        "It gets codes of its own, with the next number behind the stroke.",
        "新副本有自己的验证码，序号顺延。",
    ),
    "document.for": ("For whom, as it is printed", "收件人（将印在副本上）"),
    "document.reissue_do": ("Make the copy", "出具副本"),
    "document.revoke": ("It must not count any more", "不再有效"),
    "document.revoke_why": (
        "Whoever checks any of its copies is told that it was revoked. This is final.",
        "核验任何一份副本都会显示已撤销，不可恢复。",
    ),
    "document.revoke_do": ("Revoke it", "撤销"),
    # account
    "account.title": ("Signed in", "当前登录"),
    "account.tokens": ("My tokens", "我的令牌"),
    "account.this": ("this visit", "本次登录"),
    "account.revoke": ("Revoke", "吊销"),
    "account.over": ("over", "已失效"),
    "account.new": (
        "A new token is made on the command line, which also keeps it:",
        "新令牌在命令行生成并保存：",
    ),
    "account.roles": ("Roles today", "今日角色"),
    "account.for": ("for {name}", "代 {name}"),
    "account.scope": ("Sees records of", "可见单据"),
}

#: What a page may say that was done.
DONE = frozenset(key.removeprefix("done.") for key in TEXTS if key.startswith("done."))
