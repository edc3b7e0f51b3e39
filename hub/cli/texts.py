"""What the command line says, in English and Chinese.

States, outcomes and reasons stay in English: they are the words one filters by.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

from hub.errors import ConfigError, HubError
from hub.language import Language


class Worded(HubError):
    """An error that is told in the language of whoever reads it, in logs in English."""

    def __init__(self, say: Callable[[Language], str]) -> None:
        super().__init__(say(Language.EN))
        self.say = say


class WordedConfig(Worded, ConfigError):
    """The same of a file or an option that a person changes."""


def choose(arguments: Sequence[str], environ: Mapping[str, str]) -> Language:
    """Return the language: `--lang`, else `HUB_LANG`, else the locale's, else English."""
    named = [value for name, value in _pairs(arguments) if name == "--lang"]
    locale = next((environ[name] for name in _LOCALE if environ.get(name)), "")
    for wanted in (*named, environ.get("HUB_LANG", ""), locale):
        if wanted:
            return Language.ZH if wanted.lower().startswith("zh") else Language.EN
    return Language.EN


_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")


def _pairs(arguments: Sequence[str]) -> list[tuple[str, str]]:
    pairs = list(itertools.pairwise(arguments))
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if equals:
            pairs.append((name, value))
    return pairs


def text(language: Language, key: str, /, **values: object) -> str:
    """Return a text with its placeholders filled."""
    english, chinese = TEXTS[key]
    return (chinese if language is Language.ZH else english).format(**values)


#: Key → English, Chinese.
TEXTS: Mapping[str, tuple[str, str]] = {
    # errors
    "error": ("Error: {message}", "错误：{message}"),
    "error.internal": (
        "Internal error: {kind} at {place}. Run it again with --debug and report what it shows.",
        "内部错误：{kind}，位置 {place}。请加 --debug 重新运行，并反馈所显示的内容。",
    ),
    "error.near": ("Near it: {near}", "相近的有：{near}"),
    "missing.message": (
        "There is no message {given}, or its ending is not unique or shorter than 6. "
        "`hub message list` shows them.",
        "没有消息 {given}，或其结尾不唯一、不足 6 位。用 `hub message list` 查看。",
    ),
    "missing.delivery": (
        "There is no delivery {given}, or its ending is not unique or shorter than 6. "
        "`hub delivery list` shows them.",
        "没有投递 {given}，或其结尾不唯一、不足 6 位。用 `hub delivery list` 查看。",
    ),
    "missing.record": (
        "No record has the number {given}. `hub record list` shows them.",
        "没有编号为 {given} 的单据。用 `hub record list` 查看。",
    ),
    "missing.connection": (
        "hub.yaml has no connection {given}; it has: {known}",
        "hub.yaml 中没有连接 {given}；现有：{known}",
    ),
    "missing.store": (
        "The store {path} is not there yet: `hub run` or `hub store upgrade` makes it.",
        "存储 {path} 尚不存在：`hub run` 或 `hub store upgrade` 会创建它。",
    ),
    "daemon.gone": (
        "The daemon went away before it answered; look whether it was done.",
        "中枢进程在应答前退出；请查看该操作是否已完成。",
    ),
    "daemon.not_ours": (
        "The daemon of this hub belongs to another user; act as that user.",
        "中枢进程属于其他用户；请以该用户身份操作。",
    ),
    # init, check, run
    "init.there": (
        "{path} is there already and stays as it is; choose another folder or remove it.",
        "{path} 已存在，未作改动；请换一个文件夹，或先移走它。",
    ),
    "init.tenant": (
        "--tenant must be 1 to 12 of A-Z and 0-9; it says {given}",
        "--tenant 须为 1 至 12 位 A-Z、0-9；现为 {given}",
    ),
    "init.unwritable": (
        "{path} cannot be written: {problem}. Choose another folder.",
        "无法写入 {path}：{problem}。请换一个文件夹。",
    ),
    "init.written": ("Written: {path}", "已写入：{path}"),
    "init.next": (
        "Next: fill in {path}, then `hub check` and `hub run`.",
        "下一步：编辑 {path}，再运行 `hub check` 和 `hub run`。",
    ),
    "init.key": (
        "Keep a copy of {path} in a safe place: without it sealed documents cannot be extended.",
        "请妥善备份 {path}：丢失后，已加封的文件将无法继续加封。",
    ),
    "check.faults": ("{count} fault(s).", "共 {count} 处错误。"),
    "check.fine": (
        "Fine: {connections} connection(s), {mappings} mapping(s), {routes} route(s).",
        "检查通过：{connections} 个连接，{mappings} 个映射，{routes} 个路由。",
    ),
    "check.asleep": (
        "Route {route} sleeps: none of its sources ({sources}) is a connection here.",
        "路由 {route} 未启用：其来源（{sources}）均未在此配置。",
    ),
    # status, doctor
    "status.messages": ("Messages", "入站消息"),
    "status.deliveries": ("Deliveries", "投递"),
    "status.read_back": ("Read back", "回读核对"),
    "status.connections": ("Connections", "连接"),
    "status.workers": ("Workers", "工作进程"),
    "status.cursors": ("Cursors", "游标"),
    "status.unsealed": ("Ledger entries not yet sealed", "尚未加封的台账条目"),
    "status.oldest_due": ("Longest due", "最早到期"),
    "status.person": (
        "For a person: {what}: {count} {state}",
        "待人工处理：{what} {count}（{state}）",
    ),
    "status.todo": (
        "To look at, of the last {days} days: {counts}. `hub ledger list --kind todo` shows them.",
        "最近 {days} 天需核查：{counts}。用 `hub ledger list --kind todo` 查看。",
    ),
    "status.nothing": ("Nothing waits for a person.", "没有待人工处理的事项。"),
    "status.held": ("held until {until}", "暂缓至 {until}"),
    "doctor.settings": ("settings", "配置"),
    "doctor.key": ("master key", "主密钥"),
    "doctor.mappings": ("mappings", "映射"),
    "doctor.store": ("store", "存储"),
    "doctor.disk": ("disk space", "磁盘空间"),
    "doctor.clock": ("clock", "时钟"),
    "doctor.connection": ("connection {name}", "连接 {name}"),
    "doctor.current": ("reachable, schema current", "可访问，结构为最新"),
    "doctor.free": ("{free} MiB free", "剩余 {free} MiB"),
    "doctor.offset": (
        "{seconds} s from the database's clock",
        "与数据库时钟相差 {seconds} 秒",
    ),
    "doctor.mode": (
        "{path} has mode {mode}; make it 0600: chmod 600 {path}",
        "{path} 的权限为 {mode}；应为 0600：chmod 600 {path}",
    ),
    "doctor.no_key": (
        "{path} is not there; `hub init` makes one, a backup restores it",
        "{path} 不存在；`hub init` 可生成，或从备份恢复",
    ),
    "doctor.timeout": ("no answer within {seconds} s", "{seconds} 秒内无应答"),
    "backup.there": (
        "{path} is there already; a backup never replaces a file.",
        "{path} 已存在；备份不会覆盖任何文件。",
    ),
    "backup.done": ("Backed up to {path}", "已备份到 {path}"),
    # connections, connectors
    "connection.fine": ("{name}: {words}", "{name}：{words}"),
    "connection.paused": ("{name} is paused.", "{name} 已暂停。"),
    "connection.was_paused": ("{name} was paused already.", "{name} 此前已暂停。"),
    "connection.resumed": ("{name} goes on.", "{name} 已恢复。"),
    "connection.was_open": ("{name} was not paused.", "{name} 并未暂停。"),
    "connector.capabilities": ("Can", "能力"),
    "connector.cannot": ("Cannot", "不能"),
    "connector.streams": ("Streams", "数据流"),
    "connector.operations": ("Operations", "操作"),
    "connector.settings": ("Settings", "配置项"),
    "connector.broken": ("cannot be loaded", "无法加载"),
    "connector.written": (
        "Written: {count} files in {folder}",
        "已写入 {count} 个文件：{folder}",
    ),
    "connector.register": (
        'Add this line below [project.entry-points."hub.connectors"] in pyproject.toml, '
        "and install the project again: {line}",
        '请把这一行加到 pyproject.toml 的 [project.entry-points."hub.connectors"] 之下，'
        "再重新安装项目：{line}",
    ),
    "connector.test": ("Try it: pytest {path}", "试运行：pytest {path}"),
    # actions
    "delivery.now": ("Delivery {id} is now {state}.", "投递 {id} 现为 {state}。"),
    "message.now": ("Message {id} is now {state}.", "消息 {id} 现为 {state}。"),
    "delivery.no_payload": (
        "Delivery {id} has no document: it was not mapped yet, or erased.",
        "投递 {id} 没有报文：尚未映射，或已清除。",
    ),
    "edit.not_json": (
        "{path}:{line}: not JSON: {problem}. Take the document of `hub delivery show {id} "
        "--document` and change that.",
        "{path}:{line}：不是 JSON：{problem}。请以 `hub delivery show {id} --document` "
        "的输出为基础修改。",
    ),
    "edit.not_object": (
        "{path}: the document must be a JSON object.",
        "{path}：报文必须是 JSON 对象。",
    ),
    "edit.unreadable": ("{path} cannot be read: {problem}", "无法读取 {path}：{problem}"),
    "edit.no_number": (
        "{path}: not JSON: {problem}. Write a number, or null.",
        "{path}：不是 JSON：{problem}。请写数字或 null。",
    ),
    "edit.masked": (
        "{path}: a value is {mask}, so it came from a masked view. Take the document with "
        "--personal.",
        "{path}：有值为 {mask}，来自已脱敏的视图。请加 --personal 重新取报文。",
    ),
    "link.set": (
        "{connection} {kind} {handle} is {external_id}.",
        "{connection} 的 {kind} {handle} 对应 {external_id}。",
    ),
    "poll.done": ("{stream}: {count} new", "{stream}：新增 {count} 条"),
    "poll.never": (
        "{name} cannot be polled: its product brings changes by webhook only, or none.",
        "{name} 不能轮询：该产品只能推送变更，或没有变更可取。",
    ),
    "poll.stream": (
        "{name} has no stream {given} that can be polled; it has: {known}",
        "{name} 没有可轮询的数据流 {given}；现有：{known}",
    ),
    "poll.since": (
        "{name}: --since takes a date, such as 2026-11-01 (from its start in UTC), or a time with "
        "its zone, such as 2026-11-01T08:00+08:00; it says {given}",
        "{name}：--since 须为日期，如 2026-11-01（自 UTC 零点起），或带时区的时间，如 "
        "2026-11-01T08:00+08:00；现为 {given}",
    ),
    "store.current": ("The schema is current.", "存储结构已是最新。"),
    "store.upgraded": ("Upgraded: {versions}", "已升级：{versions}"),
    "store.pruned": ("Removed: {what}", "已清理：{what}"),
    "ledger.fine": (
        "{sealed} sealed entries fit; {unsealed} not yet sealed. Head: {head}",
        "{sealed} 条已加封条目完整无误；{unsealed} 条尚未加封。链头：{head}",
    ),
    "ledger.broken": (
        "{count} entries do not fit; {sealed} sealed, {unsealed} not yet sealed.",
        "{count} 条台账不符；共加封 {sealed} 条，{unsealed} 条尚未加封。",
    ),
    "ledger.entry": ("entry {seq}: {problem}", "第 {seq} 条：{problem}"),
    "map.fine": (
        "{mappings} mapping(s), {routes} route(s): no fault.",
        "{mappings} 个映射、{routes} 个路由：没有错误。",
    ),
    "map.tested": ("{count} test(s) pass.", "{count} 个测试全部通过。"),
    "map.failed": ("{failed} of {count} test(s) fail.", "{count} 个测试中有 {failed} 个失败。"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "nothing": ("Nothing to show.", "没有可显示的内容。"),
    "masked": (
        "Personal data is masked; --personal shows it.",
        "个人信息已脱敏；加 --personal 显示。",
    ),
    # trace
    "trace.record": (
        "{kind} {number} of {connection}, revision {revision}",
        "{kind} {number}（来自 {connection}），版本 {revision}",
    ),
    "trace.messages": ("Messages", "入站消息"),
    "trace.approvals": ("Approvals", "审批"),
    "trace.revisions": ("Revisions", "版本"),
    "trace.deliveries": ("Deliveries", "投递"),
    "trace.ledger": ("Ledger", "台账"),
    "trace.approval": (
        "revision {revision} · {level}: {decision} by {person}",
        "版本 {revision} · {level}：{person} {decision}",
    ),
    "trace.auto": ("passed by itself", "自动通过"),
    "trace.revoked": ("revoked", "已撤销"),
    "trace.document": ("document", "单据内容"),
    "trace.mapped": ("mapped with {mapping} of bundle {bundle}", "映射 {mapping}，映射包 {bundle}"),
    "trace.unmapped": ("no mapping; bundle {bundle}", "无映射；映射包 {bundle}"),
    "trace.key": ("key {key}", "幂等键 {key}"),
    "trace.payload": ("payload {sha}", "报文 {sha}"),
    "trace.erased": ("payload {sha} was erased", "报文 {sha} 已清除"),
    "trace.attempt": ("attempt {fence} · {kind}: {outcome}", "第 {fence} 次 · {kind}：{outcome}"),
    "trace.late": ("late", "迟到"),
    "trace.words": ("words: {words}", "原话：{words}"),
    "trace.answer": ("answer: {answer}", "应答：{answer}"),
    "trace.read_back": ("read back: {verdict}", "回读结果：{verdict}"),
    "trace.external": ("their id: {external_id}", "对方编号：{external_id}"),
    "trace.waits": ("waits for {what}", "等待 {what}"),
    "trace.unsealed": ("unsealed", "未加封"),
    # columns
    "col.id": ("id", "编号"),
    "col.at": ("at", "时间"),
    "col.actor": ("actor", "操作者"),
    "col.subject": ("subject", "对象"),
    "col.facts": ("facts", "事实"),
    "col.connection": ("connection", "连接"),
    "col.connector": ("connector", "连接器"),
    "col.mode": ("mode", "模式"),
    "col.state": ("state", "状态"),
    "col.reason": ("reason", "原因"),
    "col.stream": ("stream", "数据流"),
    "col.external_id": ("their id", "对方编号"),
    "col.received_at": ("received", "接收时间"),
    "col.created_at": ("created", "创建时间"),
    "col.changed_at": ("changed", "变更时间"),
    "col.moved_at": ("moved", "移动时间"),
    "col.seen_at": ("last seen", "最近活动"),
    "col.number": ("number", "单据编号"),
    "col.kind": ("kind", "类型"),
    "col.revision": ("revision", "版本"),
    "col.planned": ("planned", "已排"),
    "col.company": ("company", "公司"),
    "col.step": ("step", "步骤"),
    "col.operation": ("operation", "操作"),
    "col.confirm": ("read back", "回读"),
    "col.tries": ("tries", "次数"),
    "col.words": ("words", "原话"),
    "col.handle": ("handle", "我方标识"),
    "col.alive": ("alive", "有效"),
    "col.name": ("name", "名称"),
    "col.title": ("title", "标题"),
    "col.origin": ("origin", "来源"),
    "col.file": ("file", "文件"),
    "col.source": ("from", "自"),
    "col.target": ("to", "至"),
    "col.value": ("value", "值"),
    "col.idempotency": ("idempotency", "幂等方式"),
    "col.polled": ("polled", "可轮询"),
    "col.required": ("required", "必填"),
    "col.secret": ("secret", "机密"),
    "col.default": ("default", "默认值"),
    "col.type": ("type", "类型"),
    "col.count": ("count", "数量"),
    "col.check": ("check", "检查项"),
    "col.host": ("host", "主机"),
    "col.pid": ("pid", "进程号"),
    "col.result": ("result", "结果"),
}
