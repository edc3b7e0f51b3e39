"""What the demo says, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from hub.cli.texts import Worded, WordedConfig
from hub.language import Language


def text(language: Language, key: str, /, **values: object) -> str:
    """Return a text with its placeholders filled."""
    english, chinese = TEXTS[key]
    return (chinese if language is Language.ZH else english).format(**values)


def error(key: str, /, **values: object) -> Worded:
    """Return what went wrong, to be told in the language of whoever watches."""
    return Worded(lambda language: text(language, key, **values))


def config_error(key: str, /, **values: object) -> WordedConfig:
    """Return what a person has to choose otherwise, to be told in their language."""
    return WordedConfig(lambda language: text(language, key, **values))


#: Key → English, Chinese.
TEXTS: Mapping[str, tuple[str, str]] = {
    "starting": (
        "Starting CRM, ERP, WMS and the hub in {folder} …",
        "正在 {folder} 启动 CRM、ERP、WMS 与守诺中枢……",
    ),
    "installing": (
        "The first start of the real ERP installs it and fills its database: two to four minutes.",
        "首次启动真实 ERP 需要安装并填充数据库，约两到四分钟。",
    ),
    "inbox": ("Inbox", "收件箱"),
    "events": ("What happened last", "最近发生的事"),
    "connection": ("connection", "连接"),
    "blocked": ("waiting", "等待"),
    "ready": ("ready", "就绪"),
    "sending": ("sending", "发送中"),
    "in_doubt": ("in doubt", "存疑"),
    "delivered": ("delivered", "已送达"),
    "confirmed": ("confirmed", "已核实"),
    "dead": ("dead", "死信"),
    "asked.plain": ("asked for and approved", "已提交并批准"),
    "asked.duplicate": ("approved; its webhooks come twice", "已批准；回调重复发送"),
    "asked.revised": ("approved; will be changed later", "已批准；稍后变更"),
    "asked.erp_answer_lost": (
        "approved; the ERP does it and the answer is lost",
        "已批准；ERP 已执行但应答丢失",
    ),
    "asked.refused": ("approved, with a product the ERP does not know", "已批准；ERP 无此产品"),
    "asked.corrected": (
        "approved, with a wrong product: will be put right by hand",
        "已批准；产品有误，稍后人工更正",
    ),
    "asked.revoked": ("approved; will be revoked later", "已批准；稍后撤销"),
    "asked.wms_down": ("approved; the warehouse fails for a while", "已批准；仓库系统一度故障"),
    "asked.late_level": ("one level has not decided yet", "尚缺一级审批"),
    "asked.auto_passed": (
        "one level was passed by the workflow: waits for a person",
        "有一级由流程自动通过：等待人工",
    ),
    "asked.reordered": ("approved; its webhooks come in the wrong order", "已批准；回调乱序到达"),
    "asked.shipped_early": (
        "approved; the warehouse ships before it answers",
        "已批准；仓库未应答先发货",
    ),
    "changed.revised": ("changed after delivery, and approved again", "送达后变更，并重新批准"),
    "changed.revoked": ("revoked after delivery", "送达后撤销"),
    "changed.late_level": ("the last level has decided", "最后一级已审批"),
    "control.allow": (
        "the form asks beforehand: it may be submitted",
        "表单提交前询问：可以提交",
    ),
    "control.deny": (
        "the form asks beforehand: 150 days of payment terms are denied",
        "表单提交前询问：账期 150 天，拒绝",
    ),
    "control.edited": (
        "a dead letter is corrected by hand: held until a second person looks",
        "人工更正死信：等待第二人复核",
    ),
    "control.released": ("a second person releases it", "第二人复核放行"),
    "control.signed": ("a contract is signed: an order must follow", "合同已签订：须有订单"),
    "control.late": (
        "two working hours later: no order, the supervisor is told",
        "两个工作小时后仍无订单：通知主管",
    ),
    "control.escalated": (
        "one working day later: still none, the director is told",
        "一个工作日后仍无订单：通知总监",
    ),
    "agreement.planted": (
        "by hand, behind the hub's back: {number} changes in ERP and warehouse",
        "有人在 ERP 与仓库手工改动 {number} 处，中枢不知情",
    ),
    "agreement.found": (
        "the reconciliation finds {number} differences",
        "对账发现 {number} 条差异",
    ),
    "agreement.repaired": (
        "a plan was looked at; {number} are delivered again",
        "方案经人查看，{number} 条重新下发",
    ),
    "agreement.copy_deleted": ("somebody deletes the copy of {number}", "有人删除 {number} 的副本"),
    "agreement.waived": (
        "{number} wait for people and are accepted for 30 days",
        "{number} 条待人工处理，豁免 30 天",
    ),
    "agreement.agreed": ("the next run: all systems agree", "再次对账：各方一致"),
    "agreement.left": ("the next run still finds {number}", "再次对账仍有 {number} 条"),
    "agreement.signed": ("run {number} is signed by two persons", "运行 {number} 由两人签核"),
    "control.cleared": ("the order is there: all who were told hear it", "订单已录入：告知所有人"),
    "annex.checked": (
        "its annex is checked: genuine; with one byte changed: altered",
        "核验附件：真实；改动一个字节：已改动",
    ),
    "annexes.kept": ("The annexes: {folder}", "附件：{folder}"),
    "console.refused": (
        "The console of the hub answered {status} at {path}.",
        "中枢控制台在 {path} 应答 {status}。",
    ),
    "shipped": ("the warehouse ships it", "仓库发货"),
    "record.waiting": ("the hub waits for an approval", "中枢等待审批"),
    "record.planned": ("the hub plans its deliveries", "中枢安排投递"),
    "record.revoked": ("the hub takes it back", "中枢开始撤回"),
    "delivery.attempted": ("{connection}, {call}: {outcome}", "{connection}，{call}：{outcome}"),
    "delivery.dead": (
        "{connection}: {reason}, a person has to decide",
        "{connection}：{reason}，需要人工决定",
    ),
    "verdict.fine": (
        "{accepted} webhooks taken, {deliveries} deliveries, {delivered} delivered, {confirmed} "
        "read back and confirmed, {annexes} annexes issued. Lost: 0. Applied twice: 0. "
        "{seconds} s.",
        "接收回调 {accepted} 次，投递 {deliveries} 次，送达 {delivered}，读回核实 {confirmed}，"
        "出具附件 {annexes} 份。丢失：0。重复执行：0。用时 {seconds} 秒。",
    ),
    "verdict.ignored": (
        "Webhooks that came again and were ignored: {ignored_duplicates}. Deliveries that the ERP "
        "refused and a person decides: {dead}.",
        "重复而忽略的回调：{ignored_duplicates}。被 ERP 拒绝、等待人工处理的投递：{dead}。",
    ),
    "verdict.wrong": (
        "Not as it should be (lost {lost}, applied twice {applied_twice}):",
        "与预期不符（丢失 {lost}，重复执行 {applied_twice}）：",
    ),
    "story": ("The whole story of {number}:", "{number} 的完整经过："),
    "console": (
        "The console: {url}. Sign in with the token in {token}.",
        "控制台：{url}，用 {token} 中的令牌登录。",
    ),
    "next": ("Try, in another terminal:", "请在另一个终端尝试："),
    "leave": (
        "The demo goes on until Ctrl-C; then {folder} is removed (--keep DIR keeps one).",
        "演示持续到按下 Ctrl-C，随后删除 {folder}（--keep 目录 可保留）。",
    ),
    "kept": (
        "The demo goes on until Ctrl-C; {folder} is kept: `hub demo up {folder}`.",
        "演示持续到按下 Ctrl-C；{folder} 将保留：`hub demo up {folder}`。",
    ),
    "up": (
        "The far ends of {folder} are up: {addresses}. Ctrl-C ends them. Start the hub with "
        "`hub --config {folder}/hub.yaml run`.",
        "{folder} 的各系统已启动：{addresses}。按 Ctrl-C 结束。用 "
        "`hub --config {folder}/hub.yaml run` 启动中枢。",
    ),
    "no_server": (
        "--erp {given}: only the ERP's own connector can run the real product: {known}.",
        "--erp {given}：只有 ERP 自己的连接器可运行真实产品：{known}。",
    ),
    "folder.there": (
        "{path} is there already. Name another folder, or go on with that demo: "
        "`hub demo up {folder}`.",
        "{path} 已存在。请换一个文件夹，或继续该演示：`hub demo up {folder}`。",
    ),
    "folder.unwritable": (
        "{path} cannot be written: {problem}. Name another folder.",
        "无法写入 {path}：{problem}。请换一个文件夹。",
    ),
    "folder.none": (
        "{folder} holds no demo. `hub demo --keep {folder}` makes one.",
        "{folder} 中没有演示。`hub demo --keep {folder}` 可创建。",
    ),
    "folder.address": (
        "connections.{name}: a demo's far ends are on 127.0.0.1:PORT",
        "connections.{name}：演示的各系统须在 127.0.0.1:端口",
    ),
    "far_end.gone": (
        "The far end of {name} does not answer at {url} ({problem}). Start the demo again.",
        "{name} 的对方系统在 {url} 无应答（{problem}）。请重新启动演示。",
    ),
    "far_end.refused": ("{name} answered {status} at {path}.", "{name} 在 {path} 应答 {status}。"),
    "far_end.not_simulated": (
        "{product} has no simulator, so it cannot be part of a demo.",
        "{product} 没有模拟器，不能参加演示。",
    ),
    "far_end.only_simulated": (
        "{product} cannot be started here; it can only be simulated.",
        "{product} 无法在此启动，只能模拟。",
    ),
    "far_end.port": (
        "connections.{name}: 127.0.0.1:{port} cannot be listened on ({problem}). Is this demo "
        "running already? Otherwise change the port in hub.yaml.",
        "connections.{name}：无法监听 127.0.0.1:{port}（{problem}）。此演示是否已在运行？"
        "否则请在 hub.yaml 中更换端口。",
    ),
    "far_end.unreadable": (
        "{name}: {product} cannot be read, so it proves nothing.",
        "{name}：{product} 无法读取，因此无从证明。",
    ),
    "process.ended": (
        "A process of the demo ended by itself; read {log}.",
        "演示的一个进程自行退出；请查看 {log}。",
    ),
    "process.silent": (
        "{url} did not answer within {seconds} s; read {log}.",
        "{url} 在 {seconds} 秒内无应答；请查看 {log}。",
    ),
    "nothing_delivered": (
        "The hub delivered nothing in this time. Give it more with --seconds.",
        "中枢在此时间内未送达任何投递。请用 --seconds 延长时间。",
    ),
    "wrong.not_stored": (
        "webhook {sha} was taken and is not stored",
        "回调 {sha} 已接收但未入库",
    ),
    "wrong.no_message": ("a taken webhook has no message", "有已接收的回调没有对应消息"),
    "wrong.not_held": (
        "{number} is approved and {name} does not hold it",
        "{number} 已批准，但 {name} 中没有",
    ),
    "wrong.not_told": (
        "{number} is approved and its form was not told",
        "{number} 已批准，但表单未得到回写",
    ),
    "wrong.not_taken_back": (
        "{number} is revoked and was not taken back everywhere",
        "{number} 已撤销，但未在各处撤回",
    ),
    "wrong.twice": ("{name} shows {times} times {what}", "{name} 出现 {times} 次 {what}"),
    "wrong.agreement.false": (
        "the reconciliation finds {number} ({found}), where nothing is wrong",
        "对账误报 {number}（{found}）",
    ),
    "wrong.agreement.not_found": (
        "the reconciliation does not find {number} as {expected}",
        "对账未发现 {number}（{expected}）",
    ),
    "wrong.control.asked": (
        "a form with {days} days of payment terms was answered {answer}",
        "账期 {days} 天的表单得到答复 {answer}",
    ),
    "wrong.control.dead": ("{number} has no dead letter to correct", "{number} 没有可更正的死信"),
    "wrong.control.held": ("the corrected {number} is not held", "更正后的 {number} 未被关卡拦下"),
    "wrong.control.released_alone": (
        "{number} could be released by the one who corrected it",
        "{number} 可由更正者自己放行",
    ),
    "wrong.control.not_delivered": (
        "{number} was released and not delivered",
        "{number} 已放行但未送达",
    ),
    "wrong.control.armed": ("nobody watches for the order of {number}", "{number} 的订单无人监视"),
    "wrong.control.late": (
        "nobody was told that {number} has no order",
        "{number} 无订单却无人得知",
    ),
    "wrong.control.escalated": (
        "nobody else was told that {number} still has none",
        "{number} 仍无订单却未升级",
    ),
    "wrong.control.cleared": (
        "the order of {number} is there and the watch did not end",
        "{number} 的订单已到，监视却未结束",
    ),
    "wrong.control.told_twice": (
        "the same of {number} was told twice",
        "{number} 同一通知发送两次",
    ),
    "wrong.annex.states": (
        "{number} has annexes in these states: {states}",
        "{number} 的附件状态为：{states}",
    ),
    "wrong.annex.verdict": (
        "an annex of {number} was told as {verdict} instead of {should}",
        "{number} 的附件核验为 {verdict}，应为 {should}",
    ),
    "wrong.unapproved": ("{delivery}: nobody approved it", "{delivery}：无人批准"),
    "wrong.unfinished": ("{delivery} ended {state}: {words}", "{delivery} 止于 {state}：{words}"),
}
