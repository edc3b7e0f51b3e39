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
    "missing.watch": (
        "Not one thing is watched as {given}. `hub watch list` shows what is.",
        "没有监视事项 {given}，或不止一项。用 `hub watch list` 查看。",
    ),
    "reconcile.read": (
        "{name}: header in line {line}; columns: {columns}",
        "{name}：表头在第 {line} 行；列：{columns}",
    ),
    "reconcile.key": (
        "  key {column}: {value!r} is compared as {key}",
        "  关键列 {column}：{value!r} 按 {key} 比较",
    ),
    "reconcile.no_key": (
        "{left} and {right} have no column of the same name; name the key: --key LEFT=RIGHT. "
        "Columns: {columns} | {others}",
        "{left} 与 {right} 没有同名的列；请指定关键列：--key 左列=右列。列：{columns} | {others}",
    ),
    "reconcile.name_key": (
        "Say what both files are known by: --key COLUMN. Likely: {likely}",
        "请指定两份文件按哪一列对应：--key 列名。可能是：{likely}",
    ),
    "reconcile.there": (
        "{path} is there already; nothing was written.",
        "{path} 已存在，未写入任何内容。",
    ),
    "reconcile.saved": ("The comparison is kept in {path}.", "对账定义已保存到 {path}。"),
    "reconcile.written": ("Written: {path}", "已写入：{path}"),
    "reconcile.explained": ("{id} is explained.", "{id} 已说明。"),
    "reconcile.repaired": ("{key}: {action} → {done}", "{key}：{action} → {done}"),
    "reconcile.plan": (
        "{count} repair(s). To do exactly that: hub reconcile repair {name} --apply {plan}",
        "共 {count} 项修复。按此方案执行：hub reconcile repair {name} --apply {plan}",
    ),
    "reconcile.second_person": (
        "The amount needs a second person: another one than you applies it.",
        "金额超过复核限额：须由另一人执行。",
    ),
    "reconcile.apply_or_not": (
        "Give --apply or --dry-run, not both.",
        "--apply 与 --dry-run 只能给出其一。",
    ),
    "reconcile.waived": ("{id} is waived until {until}.", "{id} 已豁免至 {until}。"),
    "reconcile.signed": (
        "Run {run} is signed as {role} (hash {hash}…).",
        "运行 {run} 已以 {role} 身份签核（哈希 {hash}…）。",
    ),
    "reconcile.trace": ("What happened to it: hub trace {number}", "全部经过：hub trace {number}"),
    "health.day": (
        "--{option} {given!r}: write a day such as 2026-11-01, or a time such as 30 days, 6 weeks.",
        "--{option} {given!r}：请写日期，如 2026-11-01，或时长，如 30 days、6 weeks。",
    ),
    "health.limit": (
        "--limit {given!r}: write a time such as 3 days, 12 hours or 2 weeks.",
        "--limit {given!r}：请写时长，如 3 days、12 hours、2 weeks。",
    ),
    "health.order": (
        "--since {since} is after --until {until}: nothing was received in between.",
        "--since {since} 晚于 --until {until}：其间不会有任何接收。",
    ),
    "health.other": (
        "{number} is no {kind}; it is: {known}. Name it with --record.",
        "{number} 不是 {kind}，而是：{known}。请用 --record 指明。",
    ),
    "missing.finding": (
        "There is no finding {given!r}. Run `hub reconcile findings`.",
        "没有差异 {given!r}。请运行 `hub reconcile findings`。",
    ),
    "watch.snoozed": ("{id} is quiet until {until}.", "{id} 暂缓提醒至 {until}。"),
    "watch.acknowledged": (
        "{id} is yours; nobody is told again, but that it is over.",
        "{id} 已由您确认；此后只在结束时再通知。",
    ),
    "watch.told": ("told {at}: {kind} to {to} ({state})", "已通知 {at}：{kind} → {to}（{state}）"),
    "watch.why.no_source": ("nothing that is configured brings it", "配置的连接都不会带来它"),
    "watch.why.not_polled": ("{about} is not polled", "{about} 未设轮询"),
    "watch.why.not_read": (
        "{about} was not read past the time in question",
        "{about} 尚未读到该时刻之后",
    ),
    "watch.why.unread_messages": (
        "messages of {about} failed or wait; replay or ignore those of `hub message list`",
        "{about} 有失败或待处理的消息；用 `hub message list` 查看，重新处理或搁置",
    ),
    "watch.why.no_longer": ("its condition no longer holds", "条件已不成立"),
    "watch.why.removed": ("its watch file is gone", "监视文件已移走"),
    "missing.delivery": (
        "There is no delivery {given}, or its ending is not unique or shorter than 6. "
        "`hub delivery list` shows them.",
        "没有投递 {given}，或其结尾不唯一、不足 6 位。用 `hub delivery list` 查看。",
    ),
    "missing.hold": (
        "There is no hold {given}, or its ending is not unique or shorter than 6. "
        "`hub gate list` shows them.",
        "没有扣住的事项 {given}，或其结尾不唯一、不足 6 位。用 `hub gate list` 查看。",
    ),
    "missing.document": (
        "There is no document {given}. `hub document list` shows what there is.",
        "没有文书 {given}。用 `hub document list` 查看现有文书。",
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
    "check.faults_more": (
        "{count} fault(s); the first {shown} are shown.",
        "共 {count} 处错误，此处列出前 {shown} 处。",
    ),
    "check.fine": (
        "Fine: {connections} connection(s), {mappings} mapping(s), {routes} route(s).",
        "检查通过：{connections} 个连接，{mappings} 个映射，{routes} 个路由。",
    ),
    "check.asleep": (
        "Route {route} sleeps: none of its sources ({sources}) is a connection here.",
        "路由 {route} 未启用：其来源（{sources}）均未在此配置。",
    ),
    "check.sleeping": (
        "Reconciliation {name} sleeps: hub.yaml has no connection {lacking}.",
        "对账 {name} 未启用：hub.yaml 中没有连接 {lacking}。",
    ),
    # status, doctor
    "status.messages": ("Messages", "入站消息"),
    "status.deliveries": ("Deliveries", "投递"),
    "status.read_back": ("Read back", "回读核对"),
    "status.connections": ("Connections", "连接"),
    "status.mappings": ("Mappings", "映射"),
    "status.in_force": ("{sha}, in force since {at}", "{sha}，自 {at} 起生效"),
    "status.broken": (
        "{place}: wrong since {since}; what was in force stays so",
        "{place}：自 {since} 起有错误；原有映射继续生效",
    ),
    "status.wanted_links": (
        "Links that deliveries and messages wait for: "
        "`hub link set` or `hub link import` writes them",
        "投递与消息所等待的对照，可用 `hub link set` 或 `hub link import` 登记",
    ),
    "status.workers": ("Workers", "工作进程"),
    "status.cursors": ("Cursors", "游标"),
    "status.unsealed": ("Ledger entries not yet sealed", "尚未加封的台账条目"),
    "status.oldest_due": ("Longest due", "最早到期"),
    "status.todo": (
        "For a person: {counts}. `hub todo` lists them.",
        "待人工处理：{counts}。用 `hub todo` 查看。",
    ),
    "status.noted": (
        "To look at, of the last {days} days: {counts}. `hub ledger list --kind todo` shows them.",
        "最近 {days} 天需核查：{counts}。用 `hub ledger list --kind todo` 查看。",
    ),
    "status.nothing": ("Nothing waits for a person.", "没有待人工处理的事项。"),
    "status.observed": (
        "only observed since {since}; `hub connection go-live` ends it",
        "自 {since} 起旁观；用 `hub connection go-live` 结束",
    ),
    "status.held": ("held until {until}", "暂缓至 {until}"),
    "doctor.settings": ("settings", "配置"),
    "doctor.key": ("master key", "主密钥"),
    "doctor.mappings": ("mappings", "映射"),
    "doctor.store": ("store", "存储"),
    "doctor.disk": ("disk space", "磁盘空间"),
    "doctor.clock": ("clock", "时钟"),
    "doctor.connection": ("connection {name}", "连接 {name}"),
    "doctor.in_force": ("in force", "生效映射"),
    "doctor.differs": (
        "the folder holds {folder}, in force is {sha}; `hub map apply` puts the folder in force",
        "文件夹为 {folder}，生效的是 {sha}；`hub map apply` 可使文件夹中的映射生效",
    ),
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
    "connection.one_of_them": (
        "Write --send-waiting or --drop-waiting, one of them.",
        "--send-waiting 与 --drop-waiting 只能选其一。",
    ),
    "connection.decide": (
        "{count} deliveries of {name} wait since it was observed; nothing was sent. Decide with "
        "--send-waiting or --drop-waiting.",
        "{name} 旁观期间积压投递 {count} 条，均未发送。"
        "请用 --send-waiting 或 --drop-waiting 决定。",
    ),
    "connection.send": (
        "{name} is live; {count} deliveries go out now.",
        "{name} 已上线；{count} 条投递开始发送。",
    ),
    "connection.drop": (
        "{name} is live; {count} deliveries were cancelled.",
        "{name} 已上线；已取消 {count} 条投递。",
    ),
    "connection.live": ("{name} is live; nothing waits.", "{name} 已上线；没有积压。"),
    "schedule.ran": ("{name}: {words}", "{name}：{words}"),
    "todo.nobody": (
        "Nobody has shown who asks. Set HUB_TOKEN, run `hub person token NAME --save`, or name a "
        "role or person with --for.",
        "无法确认操作人。请设置 HUB_TOKEN，或运行 `hub person token NAME --save`，"
        "或用 --for 指定角色或人员。",
    ),
    "connector.capabilities": ("Can", "能力"),
    "connector.cannot": ("Cannot", "不能"),
    "connector.streams": ("Streams", "数据流"),
    "connector.operations": ("Operations", "操作"),
    "connector.settings": ("Settings", "配置项"),
    "connector.fields": ("Fields of {name}", "{name} 的字段"),
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
    "link.changed": (
        "{connection} {kind} {handle}: {before} → {external_id}",
        "{connection} 的 {kind} {handle}：{before} → {external_id}",
    ),
    "link.imported": (
        "Links: {new} new, {changed} changed, {unchanged} unchanged.",
        "对照：新增 {new}，变更 {changed}，未变 {unchanged}。",
    ),
    "link.would_import": (
        "Nothing was written. Links: {new} would be new, {changed} changed, {unchanged} unchanged.",
        "未写入。对照：将新增 {new}，变更 {changed}，未变 {unchanged}。",
    ),
    "link.shared": (
        "Warning: {connection} {kind} {external_id} would be the id of several: {handles}.",
        "警告：{connection} 的 {kind} {external_id} 将对应多个我方编号：{handles}。",
    ),
    "link.shared_more": (
        "Warning: so would {count} more id(s).",
        "警告：另有 {count} 个编号也是如此。",
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
    "apply.done": ("In force now: {new}, in place of {old}.", "现已生效：{new}，取代 {old}。"),
    "apply.first": ("In force now: {new}, the first.", "现已生效：{new}，此前没有。"),
    "apply.dry_first": ("Would come into force: {new}, the first.", "将会生效：{new}，此前没有。"),
    "apply.same": ("In force already: {new}.", "已在生效：{new}。"),
    "apply.dry": (
        "Would come into force: {new}, in place of {old}. To apply just that: --since {old}",
        "将会生效：{new}，取代 {old}。若仅在此基础上应用：--since {old}",
    ),
    "apply.overtaken": (
        "Nothing was applied: {by} put {new} in force at {at}. What that changed:",
        "未应用：{by} 已于 {at} 使 {new} 生效。其更改如下：",
    ),
    "apply.unknown": (
        "(not known: these mapping files were never in force here)",
        "（未知：所指的映射从未在此生效）",
    ),
    "apply.again": (
        "Take it over into your files, then: hub map apply --since {new}",
        "请先将其并入您的文件，再执行：hub map apply --since {new}",
    ),
    "apply.mapping": ("mapping {name}", "映射 {name}"),
    "apply.route": ("route {name}", "路由 {name}"),
    "apply.gate": ("gate {name}", "关卡 {name}"),
    "apply.reconciliation": ("reconciliation {name}", "对账 {name}"),
    "apply.watch": ("watch {name}", "监视 {name}"),
    "apply.document": ("document {name}", "文书 {name}"),
    "gate.now": ("{id} is {state}.", "{id} 现为 {state}。"),
    "gate.by_hand": (
        "{number} is held, {deliveries} deliveries of it. "
        "It goes on with: hub gate release {id} --reason …",
        "{number} 已扣住，涉及 {deliveries} 条投递。放行：hub gate release {id} --reason …",
    ),
    "document.issued": (
        "{copy_number} is issued: {pages} page(s), SHA-256 {sha256}",
        "{copy_number} 已出具：{pages} 页，SHA-256 {sha256}",
    ),
    "document.there": (
        "{copy_number} was issued before: {pages} page(s), SHA-256 {sha256}",
        "{copy_number} 此前已出具：{pages} 页，SHA-256 {sha256}",
    ),
    "document.would": (
        "Revision {revision} of {commitment} can have a document; nothing was issued.",
        "{commitment} 第 {revision} 版可以出具文书；本次未出具。",
    ),
    "document.revoked": (
        "{number} is revoked, all its copies with it.",
        "{number} 已撤销，全部副本一并撤销。",
    ),
    "document.written": ("Written: {path}", "已写入：{path}"),
    "document.no_copy": (
        "{number} has no copy C{copy}; it has {known}.",
        "{number} 没有副本 C{copy}；现有 {known}。",
    ),
    "document.erased": (
        "The file of {number} was erased, so it cannot be written.",
        "{number} 的文件已清除，无法写出。",
    ),
    "document.out": (
        "--out: {path} cannot be written to: {problem}. Name another folder.",
        "--out：无法写入 {path}：{problem}。请换一个文件夹。",
    ),
    "document.other": (
        "{path} is there already and is another file. It stays; remove it or name another folder.",
        "{path} 已存在且内容不同，未作改动。请移走它，或换一个文件夹。",
    ),
    "document.copies": ("copies:", "副本："),
    "document.deliveries": ("where it went:", "去向："),
    "document.checks": ("checks, the newest first:", "核验记录（新的在前）："),
    "verify.keys": (
        "--offline takes --keys FILE, and --keys is only for --offline.",
        "--offline 须同时给出 --keys FILE；--keys 仅用于 --offline。",
    ),
    "verify.nothing": (
        "{given} is neither a file that is there nor a number nor the text of a code. Check the "
        "path, or type the number as it is printed.",
        "{given} 既不是现有文件，也不是水印编号或二维码内容。请核对路径，或按纸面输入编号。",
    ),
    "verify.folder": (
        "{path} is a folder. Name the files in it.",
        "{path} 是文件夹，请写出其中的文件。",
    ),
    "verify.no_keys": (
        "{path} holds no public keys. Take hub-document-keys.json from the hub, or the lines of "
        "`hub document keys --json`.",
        "{path} 中没有公钥。请使用中枢的 hub-document-keys.json，或 "
        "`hub document keys --json` 的输出。",
    ),
    "verify.sealed": ("The seal is genuine", "离线印记真实"),
    "verify.sealed.says": (
        "It says what was issued, and cannot tell whether it was revoked since. Compare the "
        "paper with it.",
        "印记载明所出具的内容，但无法得知其后是否撤销。请与纸面对照。",
    ),
    "verify.no_seal": (
        "There is no seal to be read; it stands on the last page.",
        "未能读出离线印记；它在最后一页。",
    ),
    "verify.fact": ("{label}: {value}", "{label}：{value}"),
    "verify.fact.number": ("number", "水印编号"),
    "verify.fact.copy": ("copy", "副本"),
    "verify.fact.page": ("page of the code", "二维码所在页"),
    "verify.fact.state": ("state", "状态"),
    "verify.fact.superseded_by": ("superseded by", "取代者"),
    "verify.fact.kind": ("kind", "类型"),
    "verify.fact.record": ("record", "单据编号"),
    "verify.fact.revision": ("revision", "版本"),
    "verify.fact.issued_at": ("issued", "出具时间"),
    "verify.fact.ended_at": ("ended", "失效时间"),
    "verify.fact.customer": ("customer", "客户"),
    "verify.fact.recipient": ("copy of", "副本接收方"),
    "verify.fact.recipient_hash": (
        "recipient begins with (SHA-256)",
        "副本接收方 SHA-256 开头",
    ),
    "verify.fact.name": ("file", "文件"),
    "verify.fact.origin": ("from", "来源"),
    "verify.fact.pages": ("pages", "页数"),
    "verify.fact.lines": ("lines", "行数"),
    "verify.fact.amount": ("amount", "金额"),
    "verify.fact.content_sha256": ("content (SHA-256)", "内容 SHA-256"),
    "verify.fact.content": ("content begins with (SHA-256)", "内容 SHA-256 开头"),
    "verify.fact.sha256": ("file (SHA-256)", "文件 SHA-256"),
    "verify.fact.serial": ("serial of this check", "核验流水号"),
    "document.rotate": (
        "New keys: write documents: {{key_generation: {next}}} into hub.yaml and start the hub "
        "anew. Documents made with the earlier keys still verify.",
        "更换密钥：在 hub.yaml 写入 documents: {{key_generation: {next}}} 并重启中枢。"
        "用旧密钥出具的文书仍可核验。",
    ),
    "gate.unknown": ("There is no gate {name}. {hint}", "没有关卡 {name}。{hint}"),
    "gate.allow": ("{connection}: allow", "{connection}：通过"),
    "gate.hold": ("{connection}: hold", "{connection}：扣住"),
    "gate.deny": ("{connection}: deny", "{connection}：不允许"),
    "map.fine": (
        "{mappings} mapping(s), {routes} route(s): no fault.",
        "{mappings} 个映射、{routes} 个路由：没有错误。",
    ),
    "map.tested": ("{count} test(s) pass.", "{count} 个测试全部通过。"),
    "map.failed": ("{failed} of {count} test(s) fail.", "{count} 个测试中有 {failed} 个失败。"),
    "map.wrong": ("{count} fault(s) in {files} file(s).", "{files} 个文件中共有 {count} 处错误。"),
    "map.warnings": ("{count} warning(s).", "{count} 条警告。"),
    "map.repairable": (
        "`hub map check --fix` repairs some of it.",
        "其中一部分可用 `hub map check --fix` 修复。",
    ),
    "map.stays": (
        "The hub's mapping files in force (bundle {sha}) stay in force.",
        "中枢继续使用当前生效的映射包 {sha}。",
    ),
    "map.fixed": ("{count} file(s) repaired.", "已修复 {count} 个文件。"),
    "map.not_fixed": (
        "Nothing that can be repaired safely.",
        "没有可以安全修复的内容。",
    ),
    "map.no_test": (
        "No test has {given!r} in its name; `hub map test` without -k runs all.",
        "没有名称包含 {given!r} 的测试；不加 -k 的 `hub map test` 会运行全部测试。",
    ),
    "map.test_failed": ("test {test} of {mapping} fails", "映射 {mapping} 的测试“{test}”未通过"),
    "map.update": ("Write this?", "写入以上改动？"),
    "map.untouched": ("No test touches:", "没有测试涉及："),
    "map.not_tested": ("not tested", "未经测试"),
    "map.rule": ("rule", "规则"),
    "map.entry": ("table entry", "表条目"),
    "map.coverage": (
        "rules {touched_rule}/{rule}, table entries {touched_entry}/{entry}",
        "规则 {touched_rule}/{rule}，表条目 {touched_entry}/{entry}",
    ),
    "map.field": ("field", "字段"),
    "map.expected": ("expected", "期望"),
    "map.got": ("got", "实际"),
    "map.shipped": ("shipped", "随附"),
    "map.own": ("own", "自有"),
    "map.overrides": ("own, overrides shipped", "自有，覆盖随附"),
    "map.one-way": ("one way", "单向"),
    "map.two-way": ("two-way", "双向"),
    # map preview, explain, diff, new
    "case.one": (
        "Say which document: one of --doc FILE, --id NUMBER, --delivery ID, --test NAME.",
        "请指明单据：--doc 文件、--id 编号、--delivery 投递、--test 测试名，任选其一。",
    ),
    "case.no_test": ("{mapping} has no test {name}.{hint}", "{mapping} 没有测试 {name}。{hint}"),
    "case.one_way": (
        "{name} goes one way; direction: two-way makes a way back.",
        "{name} 是单向映射；写 direction: two-way 才有反向。",
    ),
    "case.not_json": (
        "{path}:{line}:{column}: this is no JSON.",
        "{path}:{line}:{column}：不是 JSON。",
    ),
    "preview.skipped": (
        "when: of {mapping} does not hold for {given}; nothing would come of it.",
        "{given} 不满足 {mapping} 的 when: 条件，不会产生任何内容。",
    ),
    "preview.unfit": (
        "{count} fault(s): the document does not fit, nothing would be sent.",
        "{count} 处错误：单据不符合映射，不会发送。",
    ),
    "preview.missing": (
        "{count} link(s) are missing; `hub link set` writes them:",
        "缺少 {count} 条对照，可用 `hub link set` 登记：",
    ),
    "explain.no_field": (
        "No rule fills {field}.{hint}",
        "没有规则填写 {field}。{hint}",
    ),
    "explain.other": (
        "The delivery of {given} was mapped with {mapping}, not with {name}.",
        "{given} 的投递使用的映射是 {mapping}，不是 {name}。",
    ),
    "explain.nothing": (
        "Nothing was read for {field}: the list it is in has no items here.",
        "{field} 未读取任何内容：所在列表在此没有条目。",
    ),
    "explain.faulty": ("does not fit", "不符合"),
    "explain.left_out": ("(left out)", "（省略）"),
    "explain.sent": ("sent", "已存报文"),
    "explain.same": ("(the same)", "（一致）"),
    "explain.differs": ("(differs)", "（不一致）"),
    "explain.not_stored": (
        "Nothing is stored to compare with: it was not mapped yet, or its document was erased.",
        "没有可比较的报文：尚未映射，或报文已清除。",
    ),
    "explain.others": (
        "{count} field(s) differ from what was stored to be sent: it was edited by hand "
        "(`hub delivery edit`), or links and results were others when it was mapped.",
        "{count} 个字段与已存报文不一致：报文曾被手工修改（`hub delivery edit`），"
        "或映射时的对照与回执结果与现在不同。",
    ),
    "diff.sides": (
        "Name OLD and NEW, or neither; --shipped goes without them.",
        "OLD 与 NEW 要么都写，要么都不写；--shipped 不与它们同用。",
    ),
    "diff.no_hub": (
        "There is no hub.yaml here, so nothing is in force; name OLD and NEW, or use --shipped.",
        "此处没有 hub.yaml，无已生效的映射；请写明 OLD 与 NEW，或用 --shipped。",
    ),
    "diff.none_active": (
        "No mapping files are in force yet; `hub run` and `hub map apply` put them in force.",
        "尚无已生效的映射；`hub run` 和 `hub map apply` 会使其生效。",
    ),
    "diff.no_side": (
        "{given} is no folder, no file, and no bundle (6 or more characters of its address).",
        "{given} 不是文件夹、文件，也不是映射包（至少写出其地址前 6 位）。",
    ),
    "diff.docs": (
        "--docs {given}: write last:N with N from 1 to 1000, or a folder of JSON files.",
        "--docs {given}：请写 last:N（N 为 1 至 1000），或 JSON 文件所在的文件夹。",
    ),
    "diff.no_docs": (
        "The folder {given} holds no .json file.",
        "文件夹 {given} 中没有 .json 文件。",
    ),
    "diff.same": ("They mean the same.", "含义相同。"),
    "diff.version": (
        "(under the same version; raise version:)",
        "（版本号未变，请提高 version:）",
    ),
    "diff.effects": (
        "{changed} of {documents} document(s) would come out otherwise",
        "{documents} 份单据中有 {changed} 份结果不同",
    ),
    "new.name": (
        "{given} is no name for a mapping: use letters, digits, hyphens, as in order-to-erp.",
        "{given} 不能作为映射名称：请用字母、数字、连字符和点，如 order-to-erp。",
    ),
    "new.end": (
        "{option} {given}: write record:KIND, or CONNECTOR.NAME such as tryton.order.",
        "{option} {given}：请写 record:类型，或 连接器.名称，如 tryton.order。",
    ),
    "new.unknown.from": (
        "{connector} has no stream {name}.{hint}",
        "{connector} 没有数据流 {name}。{hint}",
    ),
    "new.unknown.to": (
        "{connector} has no operation {name}.{hint}",
        "{connector} 没有操作 {name}。{hint}",
    ),
    "new.there": (
        "{file} is there already, and a file is never overwritten; name another one.",
        "{file} 已存在，不会覆盖；请换一个文件名。",
    ),
    "new.unwritable": ("{file} cannot be written: {problem}", "无法写入 {file}：{problem}"),
    "new.todo": (
        "{file} is written; {count} required field(s) are left to fill: {names}. "
        "`hub map check {file}` says so too.",
        "已写入 {file}；还有 {count} 个必填字段待填：{names}。用 `hub map check {file}` 检查。",
    ),
    "new.whole": (
        "{file} is written; `hub map check {file}` checks it.",
        "已写入 {file}；用 `hub map check {file}` 检查。",
    ),
    "copy.unknown": (
        "No shipped mapping, route or table file is called {given}.{hint}",
        "没有名为 {given} 的随附映射、路由或对照表文件。{hint}",
    ),
    "copy.there": (
        "{file} is there already and stays as it is; change that one, or remove it first.",
        "{file} 已存在，未作改动；请直接修改它，或先删除。",
    ),
    "copy.own": (
        "{file} has the name {name} already, and takes the place of the shipped file; "
        "change that one.",
        "{file} 的名称已是 {name}，已取代随附文件；请直接修改它。",
    ),
    "copy.mapping": (
        "Next: change it, raise version:, then `hub map check`.",
        "下一步：修改它，把 version: 加一，再运行 `hub map check`。",
    ),
    "copy.other": (
        "Next: change it, then `hub map check`.",
        "下一步：修改它，再运行 `hub map check`。",
    ),
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
    "trace.documents": ("Documents", "文书"),
    "trace.copy": (
        "C{copy} · {role} · {recipient} · {pages} page(s) · {issued_by}",
        "C{copy} · {role} · {recipient} · {pages} 页 · {issued_by}",
    ),
    "trace.superseded": ("superseded by {by}", "由 {by} 取代"),
    "annex.issued": ("in force", "有效"),
    "annex.superseded": ("superseded", "已被取代"),
    "annex.revoked": ("revoked", "已撤销"),
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
    "trace.page": ("what to do: {page}", "处理办法：{page}"),
    "trace.words": ("words: {words}", "原话：{words}"),
    "trace.answer": ("answer: {answer}", "应答：{answer}"),
    "trace.read_back": ("read back: {verdict}", "回读结果：{verdict}"),
    "trace.external": ("their id: {external_id}", "对方编号：{external_id}"),
    "trace.waits_link": (
        "waits for a link; if nothing makes the object: "
        "hub link set {connection} {kind} {handle} ID",
        "等待对照；若无投递会建立该对象：hub link set {connection} {kind} {handle} 对方编号",
    ),
    "trace.waits_handle": (
        "waits for our handle of their id; if nothing makes the object: "
        "hub link set {connection} {kind} OUR_HANDLE {external_id}",
        "等待对方编号所对应的我方编号；若无投递会建立该对象："
        "hub link set {connection} {kind} 我方编号 {external_id}",
    ),
    "trace.waits": ("waits for {what}", "等待 {what}"),
    "trace.unsealed": ("unsealed", "未加封"),
    # persons and tokens
    "token.malformed": (
        "{where} holds no token: {count} characters, and a token is acc_ and 40 more, without "
        "blanks or line breaks.",
        "{where} 中的不是令牌：共 {count} 个字符；令牌应为 acc_ 加 40 个字符，不含空格与换行。",
    ),
    "token.unreadable": (
        "The token file {path} cannot be read: {problem}.",
        "无法读取令牌文件 {path}：{problem}。",
    ),
    "token.unwritable": (
        "The token cannot be kept in {path}: {problem}. Revoke it and make another one.",
        "无法将令牌保存到 {path}：{problem}。请撤销该令牌并重新生成。",
    ),
    "token.not_ours": (
        "The token file {path} is not a file of this user; it is not used. Remove it.",
        "令牌文件 {path} 不属于当前用户，不予使用。请将其删除。",
    ),
    "token.mode": (
        "Others may read or write the token file {path} (mode {mode}); it is not used. Revoke the "
        "token if somebody may have read it, otherwise: chmod 600 {path}",
        "他人可读写令牌文件 {path}（权限 {mode}），不予使用。若可能已泄露，请撤销该令牌；"
        "否则执行：chmod 600 {path}",
    ),
    "token.expires": (
        "--expires: {given} is no time; write 90d, 12h or the like.",
        "--expires：{given} 不是时长；请写成 90d、12h 等。",
    ),
    "token.made": (
        "Token {id} of {person} counts until {expires_at}.",
        "已生成 {person} 的令牌 {id}，有效期至 {expires_at}。",
    ),
    "token.keep": (
        "It is shown only now; give it to that person alone:",
        "仅此一次显示，请只交给本人：",
    ),
    "token.saved": ("Kept in {path}.", "已保存到 {path}。"),
    "token.revoked": ("Token {id} of {person} is revoked.", "{person} 的令牌 {id} 已撤销。"),
    "token.was_revoked": (
        "Token {id} of {person} was revoked before.",
        "{person} 的令牌 {id} 此前已撤销。",
    ),
    "token.others": (
        "{person} has {others} more that count: `hub person list --tokens`. Whoever had this one "
        "may have made them.",
        "{person} 另有 {others} 个有效令牌：`hub person list --tokens`。"
        "持有该令牌者可能以其生成了别的令牌。",
    ),
    "erase.one": (
        "Give either --person ID or --text TEXT.",
        "请给出 --person ID 或 --text TEXT 之一。",
    ),
    "erase.would": ("It would erase: {what}", "将会抹除：{what}"),
    "erase.done": ("Erased: {what}", "已抹除：{what}"),
    "erase.left": (
        "It also stands in fields that are not marked personal, and stays there: {what}",
        "它还出现在未标记为个人信息的字段中，予以保留：{what}",
    ),
    "check.year": (
        "The public holidays of {year} are not known: weekdays are taken for worked. Update "
        "accord-hub and chinesecalendar, or write days_off and work_days under calendar:.",
        "尚不知 {year} 年的节假日安排，暂按周一至周五上班计算。请更新 accord-hub 与 "
        "chinesecalendar，或在 calendar: 写 days_off 与 work_days。",
    ),
    "check.no_people": (
        "Warning: {path} names nobody, so whoever may use the hub's account may do everything. "
        "docs/how-to/people.md tells how to write it.",
        "警告：{path} 中没有任何人员，凡能使用中枢账户者均可执行一切操作。"
        "写法见 docs/how-to/people.md。",
    ),
    "check.no_issuer": (
        "Documents of {routes} are issued in the name of {tenant}: {path} has no documents: "
        "{{issuer: {{name: …}}}}.",
        "{routes} 的文书以 {tenant} 的名义出具：{path} 中没有 documents: {{issuer: {{name: …}}}}。",
    ),
    "check.no_channel": (
        "Warning: {path} names nobody who is told what needs a person. Write email: or webhook: "
        "under alerts:; docs/operations/alerts.md tells how.",
        "警告：{path} 未指定告警通知对象。请在 alerts: 下填写 email: 或 webhook:，"
        "写法见 docs/operations/alerts.md。",
    ),
    # alerts
    "alert.acknowledged": (
        "You look after {kind} {subject}; nothing more is told of it until it is over.",
        "{kind} {subject} 由您处理；了结前不再通知。",
    ),
    "alert.not_taken": (
        "Not every channel took it. docs/operations/alerts.md explains the codes.",
        "并非所有渠道都已送达。代码说明见 docs/operations/alerts.md。",
    ),
    "status.alerts": ("Open alerts", "未了结的告警"),
    "status.notices_queued": (
        "The channel {channel} has not taken {count} notice(s) since {since}: {code}. "
        "They are tried again by themselves.",
        "通知渠道 {channel} 自 {since} 起有 {count} 条通知未送达：{code}。系统会自动重试。",
    ),
    "status.notices_failed": (
        "The channel {channel} never took {count} notice(s) of {since} and later: {code}. "
        "`hub alert list` shows what is open.",
        "通知渠道 {channel} 自 {since} 起有 {count} 条通知始终未送达：{code}。"
        "用 `hub alert list` 查看未了结的告警。",
    ),
    "doctor.people": ("people", "人员"),
    "doctor.persons": ("{count} person(s)", "{count} 人"),
    "doctor.nobody": (
        "{path} names nobody: whoever may use the hub's account may do everything",
        "{path} 中没有任何人员：凡能使用中枢账户者均可执行一切操作",
    ),
    "doctor.no_admin": (
        "nobody can act as admin: give one of the persons in {path} the role admin",
        "没有人能以管理员身份操作：请在 {path} 中给其中一人 admin 角色",
    ),
    "doctor.no_token": (
        "nobody can act as admin, as no admin has a token: hub person token {name} --save",
        "管理员均无有效令牌，没有人能以管理员身份操作：hub person token {name} --save",
    ),
    "doctor.channels": ("who is told", "告警通知"),
    "doctor.no_channel": (
        "nobody: hub.yaml has no channel under alerts: or channels:",
        "无人：hub.yaml 的 alerts: 与 channels: 下没有通知渠道",
    ),
    # columns
    "col.opened_at": ("since", "开始于"),
    "col.cleared_at": ("until", "结束于"),
    "col.acknowledged_by": ("looked after by", "处理人"),
    "col.command": ("what helps", "处理命令"),
    "col.page": ("page", "说明"),
    "col.channel": ("channel", "渠道"),
    "col.id": ("id", "编号"),
    "col.person": ("person", "人员"),
    "col.roles": ("roles", "角色"),
    "col.stands_in_for": ("stands in for", "代理"),
    "col.team": ("team", "团队"),
    "col.scope": ("sees", "可见范围"),
    "col.left": ("left", "离职日"),
    "col.tokens": ("tokens", "令牌数"),
    "col.label": ("label", "用途"),
    "col.os_user": ("user", "系统用户"),
    "col.made_by": ("made by", "生成者"),
    "col.made_at": ("made", "生成时间"),
    "col.expires_at": ("expires", "到期"),
    "col.used_at": ("last used", "最近使用"),
    "col.gate": ("gate", "关卡"),
    "col.document": ("number", "水印编号"),
    "col.record_number": ("record", "单据编号"),
    "col.issued_at": ("issued", "出具时间"),
    "col.issued_by": ("issued by", "出具人"),
    "col.superseded_by": ("superseded by", "取代者"),
    "col.recipient": ("recipient", "收件人"),
    "col.role": ("copy for", "副本用途"),
    "col.pages": ("pages", "页数"),
    "col.kid": ("key", "密钥"),
    "col.sha256": ("SHA-256", "SHA-256 校验值"),
    "col.serial": ("check", "核验流水号"),
    "col.checked_at": ("checked", "核验时间"),
    "col.given": ("given", "提交内容"),
    "col.verdict": ("verdict", "结论"),
    "col.lacks": ("lacks connection", "缺少连接"),
    "col.copy": ("copy", "副本"),
    "col.generation": ("generation", "代次"),
    "col.use": ("use", "用途"),
    "col.public_key": ("public key", "公钥"),
    "col.watch": ("watch", "监视"),
    "col.key": ("key", "对应值"),
    "col.deadline": ("until", "期限"),
    "col.due_at": ("next", "下次"),
    "col.snoozed_until": ("quiet until", "暂缓至"),
    "col.action": ("action", "操作"),
    "col.requested_by": ("asked by", "申请人"),
    "col.held_at": ("since", "开始于"),
    "col.at": ("at", "时间"),
    "col.do": ("do", "做什么"),
    "col.rule": ("when", "何时"),
    "col.next_at": ("next", "下次"),
    "col.last_at": ("last", "上次"),
    "col.since": ("since", "开始于"),
    "col.what": ("what", "事项"),
    "col.who": ("for", "待谁处理"),
    "col.sides": ("sides", "各方"),
    "col.last_run": ("last run", "上次运行"),
    "col.open": ("open", "未决"),
    "col.finding": ("finding", "差异"),
    "col.side": ("side", "方"),
    "col.cause": ("cause", "原因"),
    "col.field": ("field", "字段"),
    "col.expected": ("expected", "应为"),
    "col.actual": ("actual", "实为"),
    "col.difference": ("difference", "差额"),
    "col.severity": ("severity", "严重度"),
    "col.first_seen": ("first seen", "首次发现"),
    "col.owner": ("owner", "负责人"),
    "col.before": ("now there", "现为"),
    "col.after": ("will be", "将为"),
    "col.amount": ("amount", "金额"),
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
    "col.version": ("version", "版本"),
    "col.tests": ("tests", "测试"),
    "col.direction": ("direction", "方向"),
    "col.file": ("file", "文件"),
    "col.source": ("from", "自"),
    "col.target": ("to", "至"),
    "col.value": ("value", "值"),
    "col.idempotency": ("idempotency", "幂等方式"),
    "col.polled": ("polled", "可轮询"),
    "col.required": ("required", "必填"),
    "col.personal": ("personal", "个人信息"),
    "col.secret": ("secret", "机密"),
    "col.default": ("default", "默认值"),
    "col.type": ("type", "类型"),
    "col.count": ("count", "数量"),
    "col.check": ("check", "检查项"),
    "col.host": ("host", "主机"),
    "col.pid": ("pid", "进程号"),
    "col.result": ("result", "结果"),
}
