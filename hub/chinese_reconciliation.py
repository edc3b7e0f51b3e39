"""Chinese of the sentences about reconciliation and tables; `hub.chinese` takes them in."""

from __future__ import annotations

from collections.abc import Mapping

RECONCILIATION: Mapping[str, str] = {
    # reconciliation files
    "A reconciliation file": "对账文件",
    "A side": "一方",
    "A severity": "严重度",
    "A finding": "差异",
    "{name!r} is no name: small letters, digits and hyphens.": (
        "{name!r} 不能作名称：只用小写字母、数字和连字符。"
    ),
    "{side} is read by key, so it cannot say which keys there are: name another side with "
    "authority:": "{side} 按编号读取，无法说明有哪些编号：请用 authority: 指定另一方",
    "owner: {one!r} is nobody; write role:NAME or person:ID": (
        "owner: {one!r} 不是任何人；请写 role:角色 或 person:人员"
    ),
    "compare: needs at least one field, such as amount: {{as: money, …}}": (
        "compare: 至少需要一个字段，例如 amount: {{as: money, …}}"
    ),
    "compare: the revisions of {sides} are compared as {name} already: give this field another "
    "name.": "compare: {sides} 的版本已作为 {name} 比较：请为此字段另取名称。",
    "compare: may have {most} fields.": "compare: 最多 {most} 个字段。",
    "customer: names {name!r}, which is not compared.": "customer: 指定的 {name!r} 未参与比较。",
    "{zone!r} is no time zone; write one such as Asia/Shanghai.": (
        "{zone!r} 不是时区；请写 Asia/Shanghai 之类。"
    ),
    "totals: names {name!r}, which is not compared.": "totals: 指定的 {name!r} 未参与比较。",
    "totals: {name} has no sum: it is no amount.": "totals: {name} 不是数额，不能合计。",
    "Working time makes no sense here.": "此处不能用工作时间。",
    "ageing: {text!r} is no number of days; write 7 days.": (
        "ageing: {text!r} 不是天数；请写 7 days。"
    ),
    "ageing: needs ascending numbers of days.": "ageing: 天数须由小到大。",
    "sides: needs 2 to {most} sides, each with a name.": "sides: 需要 2 至 {most} 方，各有名称。",
    "{name!r} cannot be the name of a side: small letters, digits and _, and none of the words of "
    "a field.": "{name!r} 不能作一方的名称：只用小写字母、数字和 _，且不得与字段的词相同。",
    "{mapping} makes no records.": "{mapping} 不产生标准单据。",
    "A side needs connection: with stream: or operation:, or record: with a kind of the hub's own "
    "records.": (
        "一方需要 connection: 加 stream: 或 operation:，或者 record: 指定中枢自己的一种标准单据。"
    ),
    "An operation is read by key: an object for each key delivered.": (
        "操作只能按编号读取：每个已投递的编号读一个对象。"
    ),
    "expected_from: needs a field and a time, such as ordered_on + 3 days": (
        "expected_from: 需要字段与时间，例如 ordered_on + 3 days"
    ),
    "max_drop: needs a share such as 20%.": "max_drop: 需要比例，例如 20%。",
    "read: by_key needs operation:, whose deliveries name the keys.": (
        "read: by_key 需要 operation:，由其投递给出编号。"
    ),
    "each: needs the path of a list.": "each: 需要列表的路径。",
    "find: {pattern!r} is no pattern: {problem}.": "find: {pattern!r} 不是模式：{problem}。",
    "The hub's own records are always read whole.": "中枢自己的单据总是全量读取。",
    "severity: needs if: with a condition and then: with a severity.": (
        "severity: 需要 if: 写条件，then: 写严重度。"
    ),
    "{word}: names no role.": "{word}：没有写角色。",
    "{word}: names nothing to do; write task to have a person look.": (
        "{word}：没有写处理办法；须由人查看请写 task。"
    ),
    "map: goes with stream: what else is read stands as it is.": (
        "map: 须与 stream: 同用：其他来源按原样读取。"
    ),
    "{word}: write currency and amount, such as CNY: 1000.00": (
        "{word}：请写币种与金额，例如 CNY: 1000.00"
    ),
    "{field} is compared with nothing: name it for two sides at least.": (
        "{field} 没有可比的另一方：至少为两方写出该字段。"
    ),
    "tax: exclusive needs tax_rate: with the rate in percent.": (
        "tax: exclusive 需要 tax_rate: 写明税率（百分数）。"
    ),
    "tax_rate: goes with tax: exclusive.": "tax_rate: 须与 tax: exclusive 同用。",
    "tolerance: makes no sense of a {type}; use rules:": (
        "tolerance: 不适用于 {type}；请用 rules:"
    ),
    "tolerance: {text!r} are no days; write 3 days or 3 working days.": (
        "tolerance: {text!r} 不是天数；请写 3 days 或 3 working days。"
    ),
    "tolerance: {text!r} is no amount; write one such as 0.01.": (
        "tolerance: {text!r} 不是数额；请写 0.01 之类。"
    ),
    "tolerance: {text!r} is no share; write one such as 0.1%.": (
        "tolerance: {text!r} 不是比例；请写 0.1% 之类。"
    ),
    "{text!r} is no factor above 0.": "{text!r} 不是大于 0 的系数。",
    "below: and above: count days alike: either both working days, or none.": (
        "below: 与 above: 的天数须同一口径：要么都是工作日，要么都不是。"
    ),
    "units: goes with as: quantity.": "units: 须与 as: quantity 同用。",
    "units: write how many of one base unit {unit} is, as {{g: 1000}}.": (
        "units: 请写明 1 {unit} 等于多少基本单位，例如 {{g: 1000}}。"
    ),
    "units: {unit} and {other} are one unit: capitals do not count.": (
        "units: {unit} 与 {other} 是同一单位：不区分大小写。"
    ),
    "units: {way} goes round in circles; one of them must be the base.": (
        "units: {way} 循环换算；其中须有一个是基本单位。"
    ),
    "units: one {unit} is {factor} {base}, which is too far apart; choose a base between them.": (
        "units: 1 {unit} 等于 {factor} {base}，相差过大；请选居中的基本单位。"
    ),
    "several: {word} makes no sense of a {type}.": "several: {word} 不适用于 {type}。",
    "otherwise: goes with find: it is the key where nothing is found.": (
        "otherwise: 须与 find: 同用：取不到编号时用它。"
    ),
    "convert: goes with as: money.": "convert: 须与 as: money 同用。",
    "{word}: there is no rule {rule!r}.": "{word}：没有规则 {rule!r}。",
    "{word}: {rule!r} is no pattern: {problem}.": "{word}：{rule!r} 不是模式：{problem}。",
    "stream: {connector} has no stream {name}.": "stream: {connector} 没有数据流 {name}。",
    "delivered_by: {connector} has no operation {name}.": (
        "delivered_by: {connector} 没有操作 {name}。"
    ),
    "map: {mapping} does not map from {stream} of {connector}.": (
        "map: {mapping} 的来源不是 {connector} 的 {stream}。"
    ),
    "hub.yaml has no connection {name}: the reconciliation {reconciliation} sleeps.": (
        "hub.yaml 没有连接 {name}：对账 {reconciliation} 处于休眠。"
    ),
    # slices
    "{name} adds nothing up: it had no slices: in its file.": (
        "{name} 没有切片：其文件中没有 slices:。"
    ),
    "There is no subject {name}. {hint}": "没有主体 {name}。{hint}",
    "There are no periods {name}. {hint}": "没有期间 {name}。{hint}",
    "A cell": "一格",
    "slices: needs states:, each with side:, on: and amount:.": (
        "slices: 需要 states:，每个状态写明 side:、on: 与 amount:。"
    ),
    "{name} is the name of a state already.": "{name} 已是某个状态的名称。",
    "{word}: may have {most} entries.": "{word}: 最多 {most} 项。",
    "{name!r} cannot be a name here: small letters, digits and _, and none of: {words}": (
        "{name!r} 不能作此处的名称：只用小写字母、数字和 _，且不得为：{words}"
    ),
    "{word}: there is no {name!r} here.": "{word}: 此处没有 {name!r}。",
    "{name}: no side says it; write a side and where it does: crm: owner.name": (
        "{name}：没有任何一方给出；请写明一方及其字段：crm: owner.name"
    ),
    "periods: names {name} twice.": "periods: {name} 重复。",
    "periods: names none; write month.": "periods: 未写任何期间；请写 month。",
    "periods: write one of a kind, such as {{fiscal_year: 4}}.": (
        "periods: 每项写一种，例如 {{fiscal_year: 4}}。"
    ),
    "{word}: months are 1 to 12.": "{word}: 月份为 1 至 12。",
    "rolling: {text!r} are no days; write 90 days.": ("rolling: {text!r} 不是天数；请写 90 days。"),
    "subject: goes with by:, which says whose targets they are.": (
        "subject: 须与 by: 同用，由其说明是谁的目标。"
    ),
    "There is no CSV file {file} beside this one.": "本文件旁没有 CSV 文件 {file}。",
    "This is no period; write 2026-03, 2026-Q1, 2026 or 2026-04/2027-03.": (
        "这不是期间；请写 2026-03、2026-Q1、2026 或 2026-04/2027-03。"
    ),
    "This is no amount.": "这不是金额。",
    "{word}: goes with slices:.": "{word}: 须与 slices: 同用。",
    "as_of: {text!r} is no day; write 2026-03-31.": ("as_of: {text!r} 不是日期；请写 2026-03-31。"),
    "A cell needs state: with amount:, or rate: with value:.": (
        "一格需要 state: 加 amount:，或 rate: 加 value:。"
    ),
    "{word}: does not go with {other}:.": "{word}: 不能与 {other}: 同用。",
    "{word}: {text!r} is no number.": "{word}: {text!r} 不是数。",
    "found {one}, which was not expected": "出现未预期的 {one}",
    "nothing": "没有差异",
    "expected {wanted}, found {found}": "应为 {wanted}，实为 {found}",
    # causes
    "{refs}: not made by the hub": "{refs}：并非中枢所建",
    "approved: is asked of the side that is right, made: of the others.": (
        "approved: 用于权威方，made: 用于其他方。"
    ),
    "it is there since {made}, and was approved {approved}": (
        "该单据 {made} 即已存在，而批准时间为 {approved}"
    ),
    "{id} is there as {keys}": "{id} 仍在，编号现为 {keys}",
    "{id} is there, outside of what is compared": "{id} 仍在，但不在比较范围内",
    "delivered {at} as {id}, and no longer there": "已于 {at} 投递为 {id}，现已不在",
    "underway since {at}: {state} {words}": "自 {at} 起在途：{state} {words}",
    "delivered {at}, never read back": "已于 {at} 投递，从未回读",
    "the answer of an attempt was lost, and another one was made; stray: {refs}": (
        "某次尝试的应答丢失后又建了一份；多余的是：{refs}"
    ),
    "nobody here knows of it: {refs}": "中枢不知其来历：{refs}",
    "revision {revision} was revoked after it was delivered": "版本 {revision} 投递后被撤销",
    "it stands there, and nobody has approved it": "对方已有，但无人批准",
    "the hub never received it": "中枢从未收到",
    "it waits: {reason}": "正在等待：{reason}",
    "its message failed: {reason}": "其入站消息处理失败：{reason}",
    "no route has taken it": "没有路由受理",
    "{reason}: {words}": "{reason}：{words}",
    "nobody knows whether it was applied: {words}": "不知是否已生效：{words}",
    "read back as delivered {at}; somebody changed it there since": (
        "{at} 回读时与投递一致；此后对方有人改动"
    ),
    "it never stood there as delivered: {words}": "对方从未与投递内容一致：{words}",
    "there stands what was delivered; the source changed without a revision": (
        "对方与投递内容一致；来源方改动却未升版本"
    ),
    "revision {revision} is not delivered yet": "版本 {revision} 尚未投递",
    "revision {new} was delivered {at}, and {old} stands there again": (
        "版本 {new} 已于 {at} 投递，对方又回到版本 {old}"
    ),
    # repairs
    "{name} has no finished run. Run it first.": "{name} 没有已结束的运行。请先运行。",
    "{name} has no open finding to repair.": "{name} 没有可修复的未决差异。",
    "{count} repairs at once are more than max_per_run: {most}. Look at the causes first, then "
    "repair one: --cause {cause}": (
        "一次 {count} 项修复超过 max_per_run: {most}。请先查看原因，再逐个修复：--cause {cause}"
    ),
    "{cause} cannot be repaired by {action}; the file allows: {allowed}": (
        "{cause} 不能用 {action} 修复；文件允许：{allowed}"
    ),
    "There is no plan {plan}. `hub reconcile repair` makes one.": (
        "没有方案 {plan}。`hub reconcile repair` 可生成。"
    ),
    "Plan {plan} was applied before.": "方案 {plan} 此前已执行。",
    "The amount is above second_person_above: another person than {who} has to apply it.": (
        "金额超过 second_person_above：须由 {who} 以外的人执行。"
    ),
    "{key}: {side} shows something else by now. Nothing was done; plan again.": (
        "{key}：{side} 现在的内容已变。未做任何改动，请重新生成方案。"
    ),
    "{key}: revision {revision} was planned meanwhile. Nothing was done; plan again.": (
        "{key}：其间已有版本 {revision}。未做任何改动，请重新生成方案。"
    ),
    "{key}: the hub never received it. Read it again: hub poll {connection} --since …": (
        "{key}：中枢从未收到。请重新读取：hub poll {connection} --since …"
    ),
    "{key}: {side} cannot be read now: {error}. Nothing was done.": (
        "{key}：现在无法读取 {side}：{error}。未做任何改动。"
    ),
    "{key}: its finding is {state} by now. Nothing was done; plan again.": (
        "{key}：该差异现为 {state}。未做任何改动，请重新生成方案。"
    ),
    "The reasons there are: {reasons}": "可用的理由：{reasons}",
    "A waiver ends within {days} days.": "豁免期限不得超过 {days} 天。",
    "{amount} {currency} is more than can be waived: {most}": (
        "{amount} {currency} 超过可豁免的上限：{most}"
    ),
    # reading
    "{name}: {connector} can show no list of {stream}.": "{name}：{connector} 无法列出 {stream}。",
    "{name}: {connector} cannot be asked by key.": "{name}：{connector} 无法按编号查询。",
    "{side}: {connection} does not say which object its items are. Use read: full.": (
        "{side}：{connection} 未说明各项属于哪个对象。请用 read: full。"
    ),
    "{side}: {connection} cannot be asked what changed in {stream}. Use read: full.": (
        "{side}：无法向 {connection} 查询 {stream} 的变更。请用 read: full。"
    ),
    (
        "{count} documents read that changed; everything was read {at}, and what was deleted since "
        "is seen the next time"
    ): "读取了 {count} 份变更的单据；上次全量读取为 {at}，其后被删除的将在下次全量时看到",
    "{found} read, where {least} were expected at least": "读到 {found} 条，至少应有 {least} 条",
    "{found} read, {before} when it was whole last": "读到 {found} 条，上次完整时为 {before} 条",
    "{count} rows cannot be used, the first: {why}": "{count} 行不可用，首个：{why}",
    "{documents} read, where the system says it holds {declared}": (
        "读到 {documents} 条，对方声明有 {declared} 条"
    ),
    "page {page}: {error}": "第 {page} 页：{error}",
    "{name} has no side {side}; it has: {known}": "{name} 没有 {side} 这一方；有：{known}",
    "{name} is running since {at}. Wait for it, or look with `hub reconcile show`.": (
        "{name} 自 {at} 起正在运行。请等待，或用 `hub reconcile show` 查看。"
    ),
    "Another process has taken over what this run was reading.": "另一进程已接管本次运行的读取。",
    "No space is left for what the sides of a reconciliation show. Free some, then run it again.": (
        "已无空间存放对账各方的数据。请腾出空间，然后重新运行。"
    ),
    "{name}: another process has taken the run over.": "{name}：运行已由另一进程接管。",
    "{side}: {reason}": "{side}：{reason}",
    "{field}: {rest} of {left} − {right} is explained by no row": (
        "{field}：{left} − {right} 中有 {rest} 无任何行可解释"
    ),
    "There is no run {given}. `hub reconcile list` shows those there are.": (
        "没有运行 {given}。`hub reconcile list` 可查看。"
    ),
    "{run} is still running ({state}).": "{run} 仍在运行（{state}）。",
    "{run} ended {state} and has no report. {reasons}": (
        "{run} 以 {state} 结束，没有报告。{reasons}"
    ),
    "A part of the report of {run} was erased. Run it again.": (
        "{run} 的报告有一部分已被删除。请重新运行。"
    ),
    # definition in words
    "exactly": "完全一致",
    "{bound}; in {currency} by {source}": "{bound}；按 {source} 折算为 {currency}",
    "{below} working days before to {above} after": "早 {below} 个至晚 {above} 个工作日以内",
    "{below} days before to {above} after": "早 {below} 天至晚 {above} 天以内",
    "within ±{amount}": "±{amount} 以内",
    "from −{below} to +{above}": "−{below} 至 +{above}",
    "within {share}%": "{share}% 以内",
    "within {amount} a line": "每行 {amount} 以内",
    "Cut-off": "截止时点",
    "records as of {moment}; what changed less than {settle} before is left alone": (
        "截至 {moment} 的数据；此前 {settle} 内有变动的不计"
    ),
    "Underway": "在途",
    "an open delivery is no finding for {length}": "未完成的投递在 {length} 内不算差异",
    "Keys": "编号",
    "compared after: {rules}": "比较前处理：{rules}",
    "Authority": "权威方",
    "{side} is right where nothing else is said": "未另行说明时以 {side} 为准",
    "Materiality": "重要性水平",
    "below {amount} {currency} a finding is low": "低于 {amount} {currency} 的差异为低",
    "read by key: what it lacks and what differs is seen, what it has beyond is not": (
        "按编号读取：能发现缺失与不符，看不到多余"
    ),
    "a record must be there only where {condition}": "仅当 {condition} 时须存在",
    "a record must be there from {event} + {span}": "自 {event} + {span} 起须存在",
    "{key}: there is no delivery of it, or not just one row that may be it. Make the link "
    "yourself: hub delivery skip ID --external-id …": (
        "{key}：没有对应的投递，或可能的对应不是恰好一条。请自行建立："
        "hub delivery skip ID --external-id …"
    ),
    # what may be the same
    "may be there as {keys}, of the same amount": "对方可能以 {keys} 入账，金额相同",
    "may be {keys}, of the same amount": "可能就是 {keys}，金额相同",
    "may be there as {keys}: together the same amount": "对方可能以 {keys} 入账，合计金额相同",
    "may be {keys}: together the same amount": "可能就是 {keys}，合计金额相同",
    # patterns
    "{keys} of {all} share: {pattern}": "{all} 条中有 {keys} 条相同：{pattern}",
    "{field}: {pair}": "{field}：{pair}",
    "{field}: {ratio} times as much": "{field}：均为 {ratio} 倍",
    "{field}: apart by {difference}": "{field}：均差 {difference}",
    # two files
    "{file} has no column {column!r}; it has: {known}. {hint}": (
        "{file} 没有列 {column!r}；有：{known}。{hint}"
    ),
    "{left} and {right} have no column of the same name to compare; say which: --compare "
    "{example}": "{left} 与 {right} 没有可比的同名列；请指定：--compare {example}",
    "The column {column!r} has both kinds of quotes in its name; rename it.": (
        "列名 {column!r} 同时含两种引号；请改名。"
    ),
    "{part!r} is no field; write COLUMN, COLUMN~TOLERANCE or LEFT=RIGHT": (
        "{part!r} 不是字段；请写 列名、列名~容差 或 左列=右列"
    ),
    "{left} and {right} are two currencies": "{left} 与 {right} 是两种币种",
    "nobody knows what one {left} is in {right}": "不知 1 {left} 等于多少 {right}",
    "is no number": "不是数字",
    "is no date": "不是日期",
    "has more digits than an amount can have": "位数超过数额的上限",
    "cannot be read from the record": "无法从单据读出",
    "differs between the rows of one key": "同一编号的各行不一致",
    "is a status nobody mapped": "状态未映射",
    "reconciliation {name}: {count} findings, {grave} of them critical or high": (
        "对账 {name}：{count} 条差异，其中 {grave} 条为严重或高"
    ),
    "{verdict}: {count} findings": "{verdict}：{count} 条差异",
    "The reconciliation {name} has {count} critical finding(s).": (
        "对账 {name} 有 {count} 条严重差异。"
    ),
    "The last run of the reconciliation {name} is {state}.": (
        "对账 {name} 的最近一次运行为 {state}。"
    ),
    # what people do
    "schedules.{name}.reconciliation: there is no reconciliation {wanted}. {hint}": (
        "schedules.{name}.reconciliation：没有对账 {wanted}。{hint}"
    ),
    "There is no reconciliation {name}. {hint}": "没有对账 {name}。{hint}",
    "There is not one finding {id}. Run `hub reconcile findings`.": (
        "没有唯一的差异 {id}。请运行 `hub reconcile findings`。"
    ),
    "{id} is {state}.": "{id} 的状态为 {state}。",
    "There is no run {run}.": "没有运行 {run}。",
    "A run is signed as preparer or as reviewer, not as {role}.": (
        "签核身份只能是 preparer 或 reviewer，不能是 {role}。"
    ),
    "{run} is {state}: only a complete run can be signed.": (
        "{run} 的状态为 {state}：只有完整的运行可以签核。"
    ),
    "{run} is not the last run of {name} any more; sign that one.": (
        "{run} 已不是 {name} 的最近一次运行；请签核最近一次。"
    ),
    "Nobody has prepared {run}: sign as preparer first.": (
        "{run} 尚无人编制：请先以 preparer 签核。"
    ),
    "{person} signed as the other one: preparer and reviewer are two persons.": (
        "{person} 已以另一身份签核：编制与复核须为两人。"
    ),
    "{text!r} is no amount; write one such as 100.00": "{text!r} 不是金额；请写 100.00 之类",
}
