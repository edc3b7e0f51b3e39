"""The Chinese of every sentence that `hub.language.say` makes: English template → Chinese.

Both name the same values in braces; tests hold the table complete.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.chinese_reconciliation import RECONCILIATION
from hub.chinese_tables import TABLES

CHINESE: Mapping[str, str] = {
    # hub.language
    "{message} {hint}": "{message}{hint}",
    "{code} {message}": "{code} {message}",
    "{place}  {code} {message}": "{place}  {code} {message}",
    # hub.nearest
    " {suggestion}": "{suggestion}",
    "Did you mean {name}?": "是否应为 {name}？",
    "Known: {names}.": "可用的有：{names}。",
    "There are none.": "目前一个也没有。",
    # hub.yamlfile
    ": and a space": "半角冒号加一个空格",
    "a plain space": "普通空格",
    "This is the full-width {character}, the file needs {needed}": (
        "这里是全角的 {character}，文件中应写 {needed}"
    ),
    "{name} is not set in the environment, or empty.": "环境变量 {name} 未设置或为空。",
    "The file {name} cannot be read.": "无法读取文件 {name}。",
    "No reference; write ${{env:NAME}} or ${{file:PATH}}.": (
        "这不是有效的引用；请写成 ${{env:NAME}} 或 ${{file:PATH}}。"
    ),
    "{way}: {problem}": "{way}：{problem}",
    # hub.yamlreader
    "text with {{ }}, [ ] or , inside {{…}} must stand in quotes": (
        "写在 {{…}} 里的文本如含 {{ }}、[ ] 或逗号，须加引号"
    ),
    "text with [ ] or , inside […] must stand in quotes": (
        "写在 […] 里的文本如含 [ ] 或逗号，须加引号"
    ),
    "a second ': ' in one line: put the text in quotes": "同一行出现了第二个 ': '：请给文本加引号",
    "a line without ': ' where a word and its value are expected": (
        "此处应为“关键字: 值”，而该行没有 ': '"
    ),
    "the indentation does not fit the lines above": "缩进与上面各行不一致",
    "a text that starts with @, ` or % must stand in quotes": "以 @、` 或 % 开头的文本须加引号",
    "a quote or bracket is not closed": "引号或括号没有闭合",
    "a ':' inside {{…}} needs a space after it, or quotes around the text": (
        "{{…}} 里的 ':' 后面须有空格，否则请给文本加引号"
    ),
    "a backslash in \"…\" has its own meaning: use '…' instead": (
        "反斜杠在 \"…\" 里有特殊含义：请改用 '…'"
    ),
    "tags (!) are not allowed": "不允许使用标签（!）",
    "a list entry (-) must start its own line": "列表项（-）须另起一行",
    "The file cannot be read: {problem}.": "无法读取该文件：{problem}。",
    "The character {code} is not allowed in YAML.": "YAML 中不允许出现字符 {code}。",
    "The file has more than {most} bytes.": "文件超过 {most} 字节。",
    "The file is not UTF-8. Save it as UTF-8.": "文件不是 UTF-8 编码。请另存为 UTF-8。",
    "A tab. Use spaces.": "此处是制表符。请改用空格。",
    "A second document (---). One file, one document.": (
        "出现了第二个文档（---）。一个文件只能有一个文档。"
    ),
    "The file is nested deeper than {most}.": "文件嵌套超过 {most} 层。",
    "The file has more than {most} entries.": "文件中的条目超过 {most} 个。",
    "An alias (*{name}). Write the value out.": "此处是别名（*{name}）。请把值直接写出来。",
    "An anchor (&{name}). Write the value out.": "此处是锚点（&{name}）。请把值直接写出来。",
    "A tag ({tag}). Leave it out.": "此处是标签（{tag}）。请删去。",
    "A list or object as a word. Use text.": "关键字不能是列表或对象。请用文本。",
    "{word} stands already in line {line}.": "{word} 在第 {line} 行已经写过。",
    "{problem}. In quotes it may stay.": "{problem}。如确需保留，请加引号。",
    "This is no YAML: {reason}.": "不是有效的 YAML：{reason}。",
    # hub.mapping.faults
    "{one} or {other}": "{one} 或 {other}",
    "{subject} {text}": "{subject} {text}",
    "{target}: {text}": "{target}：{text}",
    # hub.mapping.bundle
    "{connector}: several mappings read {stream}: {names}. Name one in hub.yaml: mappings:"
    " {{{stream}: {first}}}": (
        "{connector}：有多个映射读取 {stream}：{names}。请在 hub.yaml 中指定一个：mappings:"
        " {{{stream}: {first}}}"
    ),
    "There is no such folder. Name another one: mappings_folder: in hub.yaml": (
        "没有这个文件夹。请在 hub.yaml 的 mappings_folder: 中另行指定"
    ),
    "More than {most} files.": "文件超过 {most} 个。",
    "it is no file": "它不是文件",
    "The {kind} {name} stands already in {file}.": "{kind} {name} 已在 {file} 中定义。",
    "The file is empty. Write a mapping or a route into it, or delete it.": (
        "文件是空的。请写入映射或路由，或删除该文件。"
    ),
    "The file does not say what it is; it needs {kinds}.": (
        "文件没有说明自己是什么；须写明 {kinds}。"
    ),
    "{mapping} does not map from the record {record}.": (
        "映射 {mapping} 的来源不是标准单据 {record}。"
    ),
    "{mapping} makes records, not documents for {operation}.": (
        "映射 {mapping} 生成的是标准单据，不是 {operation} 所需的数据。"
    ),
    "{mapping} is for {other}, not for {operation}.": (
        "映射 {mapping} 用于 {other}，而不是 {operation}。"
    ),
    # hub.mapping.reading
    "{what} needs words with values, such as name: value.": (
        "{what}：须为带值的关键字，例如 name: value。"
    ),
    "{what} has no word {name!r}.": "{what}：没有关键字 {name!r}。",
    "{what} needs a text.": "{what}：须为文本。",
    "The word {name}: is missing.": "缺少关键字 {name}:。",
    "{what} needs a list of texts.": "{what}：须为文本列表。",
    "{what} needs true or false.": "{what}：须为 true 或 false。",
    "{what} needs a whole number from 0 to {most}.": "{what}：须为 0 至 {most} 的整数。",
    "{what} cannot be {found!r}.": "{what}：不能是 {found!r}。",
    "There is no record kind {name!r}.": "没有标准单据类型 {name!r}。",
    # hub.mapping.field_mapping
    "A mapping file": "映射文件",
    "Format {number} is not known to this version; it reads format 1.": (
        "本版本不识别格式 {number}，只能读取格式 1。"
    ),
    "{word}: needs {{record: KIND}} or {{connector: NAME, {other}: NAME}}.": (
        "{word}: 须写成 {{record: KIND}} 或 {{connector: NAME, {other}: NAME}}。"
    ),
    "table {name}": "表 {name}",
    "${name} has a meaning of its own.": "${name} 另有含义，不能用作名称。",
    '{word}: is the same for every document; name a path in braces: "{{number}}"': (
        '{word}: 对所有单据都相同；请在花括号中写一个路径："{{number}}"'
    ),
    "There is no mapping {name}.{hint}": "没有映射 {name}。{hint}",
    # hub.mapping.route and hub.mapping.order
    "A route file": "路由文件",
    "The word when: is missing: {{record: KIND, from: CONNECTION}}": (
        "缺少关键字 when:，应写成 {{record: KIND, from: CONNECTION}}"
    ),
    "approvals: needs levels: with at least one level.": "approvals: 须有 levels:，且至少一级。",
    "levels: names a level twice.": "levels: 中有重复的级别。",
    "deliver: needs a list of steps, each with to: and operation:": (
        "deliver: 须为步骤列表，每个步骤都要有 to: 和 operation:"
    ),
    "There are two steps named {name}; name one with step:": (
        "有两个步骤都叫 {name}；请用 step: 给其中一个另取名称"
    ),
    "A step": "步骤",
    "{step} waits for {other}, which is no step of this route.": (
        "步骤 {step} 等待 {other}，而本路由没有这个步骤。"
    ),
    "These steps wait for each other: {names}. Take one of them out of after:.": (
        "这些步骤互相等待：{names}。请从 after: 中去掉其中一个。"
    ),
    # hub.mapping.rule.rules
    "A list is no rule. For one item after the other: {{each: lines, fields: {{…}}}}": (
        "列表不能作为规则。如需逐项处理，请写 {{each: lines, fields: {{…}}}}"
    ),
    "A rule": "规则",
    "{word}: needs each: beside it.": "{word}: 须与 each: 一起使用。",
    "The rule does not say where its value comes from, with one of: {names}.": (
        "规则没有说明值从哪里来，须用以下关键字之一：{names}。"
    ),
    "{one} and {other} do not go together: one of them says where to read.": (
        "{one} 与 {other} 不能同时使用：只能由其中一个说明值从哪里来。"
    ),
    "{word}: goes with {owners}, not with {source}.": (
        "{word}: 应与 {owners} 一起使用，不能与 {source} 一起使用。"
    ),
    "{word}: does not go with {source}.": "{word}: 不能与 {source} 一起使用。",
    "when: needs then: beside it.": "when: 须与 then: 一起使用。",
    "The target has no {field}.": "目标没有字段 {field}。",
    "{owner} needs {fields}, which no rule fills.": "{owner} 必须有 {fields}，但没有规则填写。",
    "The target": "目标",
    "{target} {wanted}": "{target} {wanted}",
    "is a list: use each.": "是列表：请用 each。",
    "is an object: use fields.": "是对象：请用 fields。",
    "is a single value, neither list nor object.": "是单个值，既不是列表也不是对象。",
    # hub.mapping.rule.site
    "More than {most} rules in one file.": "一个文件中的规则超过 {most} 条。",
    "{path}: there is no enclosing document here.": "{path}：此处没有上一层数据。",
    "{path}: {before} is no list.": "{path}：{before} 不是列表。",
    "{path}: {before} is a list: use each, or [first].": (
        "{path}：{before} 是列表：请用 each 或 [first]。"
    ),
    "the source": "来源",
    "{path}: {owner} has no {name}.": "{path}：{owner} 没有字段 {name}。",
    "There is no let {name} above this line.": "在此行之前没有名为 {name} 的 let。",
    "{path} is not known.": "没有 {path}。",
    "{path} is known only once the route has decided.": "路由判断之后才会有 {path}。",
    "Name a field of the record.": "请写单据的字段。",
    "{path}: write $results.STEP.NAME.": "{path}：请写成 $results.STEP.NAME。",
    "{path}: write $links.CONNECTION.": "{path}：请写成 $links.CONNECTION。",
    # hub.mapping.rule.sources
    "from: needs a path such as customer.code": "from: 须为路径，例如 customer.code",
    "{path} is a list: use each.": "{path} 是列表：请用 each。",
    "{path} is an object: name a field.": "{path} 是对象：请写明其中的字段。",
    "A path is needed here, such as customer.code": "此处须为路径，例如 customer.code",
    "{text!r} is no path: {problem}.": "{text!r} 不是路径：{problem}。",
    "A single text is needed here.": "此处须为单个文本。",
    # hub.mapping.rule.template
    'A text is needed, in quotes where it has braces: "{{number}}-R{{revision}}"': (
        '此处须为文本，含花括号时要加引号："{{number}}-R{{revision}}"'
    ),
    "In {{{text}}}: {problem}.": "{{{text}}} 中：{problem}。",
    "A single {brace}: write {{path}}, or {double} for the brace itself.": (
        "此处是单独的 {brace}：请写 {{path}}；如需花括号本身，请写 {double}。"
    ),
    "the part {name}": "组成部分 {name}",
    # hub.mapping.expression.expressions and hub.mapping.expression.lexer
    "{word!r}": "{word!r}",
    "{word!r} is not expected here. Put a name with special characters in quotes.": (
        "此处不应出现 {word!r}。名称如含特殊字符，请加引号"
    ),
    "nested deeper than {most}": "嵌套超过 {most} 层",
    "/ needs round(…, places) around it": "除法 / 外面须有 round(…, places)",
    "two comparisons in a row; join them with and": "连续写了两个比较；请用 and 连接",
    "`is set` needs a path before it": "`is set` 前面须为路径",
    "there is no function {name}.{hint}": "没有函数 {name}。{hint}",
    "{name} takes {most} value(s)": "函数 {name} 须有 {most} 个值",
    "{name} needs a condition: {name}(list: …)": "函数 {name} 须有条件：{name}(list: …)",
    "count takes no expression; use where": "count 不接受表达式；请用 where",
    "{word} has a meaning of its own; as a field name it needs quotes": (
        "{word} 另有含义；用作字段名时须加引号"
    ),
    "a field name": "字段名",
    "only [first] and [last]; for all items use each": (
        "只能写 [first] 或 [last]；如需所有项，请用 each"
    ),
    "{what} is expected here": "此处应为 {what}",
    "{what} is expected here, not {word!r}": "此处应为 {what}，而不是 {word!r}",
    "longer than {most} characters": "超过 {most} 个字符",
    "too long: more than {most} operators; split it with let": (
        "过长：运算符超过 {most} 个；请用 let 拆开"
    ),
    "the quote {sign} is not closed": "引号 {sign} 没有闭合",
    "a single =; write == to compare": "此处是单个 =；比较请写 ==",
    "the character {sign!r} has no meaning here": "字符 {sign!r} 在此处没有意义",
    # hub.mapping.expression.evaluate and hub.mapping.expression.aggregate
    "An expression is needed, such as: amount > 0": "此处须为表达式，例如：amount > 0",
    "In {text!r}: {problem}.": "{text!r} 中：{problem}。",
    "the condition": "条件",
    'is not a boolean; compare it: status == "approved"': (
        '不是布尔值；请写成比较：status == "approved"'
    ),
    "{expression!r}": "{expression!r}",
    "divides by zero": "除数为零",
    "is no list: `in` needs one after it": "不是列表：`in` 后面须为列表",
    "is no number of characters from 0 to 10000": "不是 0 至 10000 的字符数",
    "is no number of places from 0 to {most}": "不是 0 至 {most} 的小数位数",
    "{name}(…) needs a list, and {path} is none.": "{name}(…) 须用于列表，而 {path} 不是列表。",
    "is no list: {name}(…) needs one": "不是列表：{name}(…) 须用于列表",
    "{path}": "{path}",
    "has no items to take the {name} of": "没有任何项，无法计算 {name}",
    # hub.mapping.expression.compare
    "compares a boolean with something else; write true or false without quotes": (
        "把布尔值与其他类型作了比较；true 和 false 请不加引号"
    ),
    "compares a list or object; name one field, or use any(…) or in": (
        "把列表或对象作了比较；请写明一个字段，或用 any(…)、in"
    ),
    "compares what has no order: only numbers, dates and times have one": (
        "比较了没有大小之分的值：只有数字、日期和时间才有大小"
    ),
    "compares a day with a time; map both with as: date and a zone:": (
        "把日期与时间作了比较；请将两者都用 as: date 加 zone: 转换"
    ),
    "compares times with and without a time zone": "把有时区的时间与没有时区的时间作了比较",
    "{expression!r} (values not shown)": "{expression!r}（不显示值）",
    "{expression!r} with {one} and {other}": "{expression!r}，两边的值为 {one} 和 {other}，",
    # hub.mapping.rule.convert
    'thousands: needs the one sign between groups, such as ","': (
        'thousands: 须为分组用的单个符号，例如 ","'
    ),
    "is no number: {separator} does not stand between thousands": (
        "不是数字：{separator} 没有写在千位之间"
    ),
    "scale: needs a number other than 0, such as 0.01.": "scale: 须为 0 以外的数字，例如 0.01。",
    "as: {kind} needs {name}: beside it.": "as: {kind} 须与 {name}: 一起使用。",
    "has no currency": "没有币种",
    "has no unit": "没有单位",
    "is {one}, and {other} is asked for": "是 {one}，而此处须为 {other}",
    "is no e-mail address": "不是电子邮件地址",
    "is not in {table}, which knows: {shown}. Add it at {place}, or say else: keep": (
        "在{table}中查不到，现有：{shown}。请在{place}补上，或写 else: keep"
    ),
    "{name}: a table's value must be single.": "{name}：表中的值须为单个值。",
    "the table": "该表",
    "There is no table {name}.": "没有表 {name}。",
    "{word}: needs as: {kinds} beside it.": "{word}: 须与 as: {kinds} 一起使用。",
    "There is no time zone {name!r}; write one such as Asia/Shanghai or UTC.": (
        "没有时区 {name!r}；请写 Asia/Shanghai 或 UTC 这样的时区。"
    ),
    "A day has no time: use as: datetime, or leave HH, mm and ss out.": (
        "日期不含时间：请用 as: datetime，或去掉 HH、mm 和 ss。"
    ),
    "format {pattern!r}: {error}.": "format 的写法 {pattern!r}：{error}。",
    "cut: needs max_length: beside it.": "cut: 须与 max_length: 一起使用。",
    "There is no encoding {encoding!r}.": "没有字符编码 {encoding!r}。",
    "is no text, as max_length needs; add as: text": (
        "不是文本，而 max_length 只用于文本；请加上 as: text"
    ),
    "bytes in {encoding}": "字节（{encoding}）",
    "characters": "个字符",
    "has {length} {unit}, {limit} are allowed; or say cut: true": (
        "有 {length} {unit}，最多允许 {limit}；或写 cut: true"
    ),
    "has a character that {encoding} cannot write": "含有 {encoding} 无法表示的字符",
    # hub.mapping.data.dates
    "is no date": "不是日期",
    'is no date; if it means nothing, say empty: [""]': (
        '不是日期；如果它表示“无”，请写 empty: [""]'
    ),
    "is no date; the file can read 2026-06-01 and 2026-06-01 09:30:00": (
        "不是日期；可识别的写法如 2026-06-01 和 2026-06-01 09:30:00"
    ),
    "is an instant; its day depends on the place: add zone: Asia/Shanghai": (
        "是一个时刻，属于哪一天取决于时区：请加上 zone: Asia/Shanghai"
    ),
    "has no time of day; write it with text: and as: datetime": (
        "没有时间部分；请用 text: 补上，再用 as: datetime"
    ),
    "has no time zone: add zone: Asia/Shanghai, or whichever it is": (
        "没有时区：请加上 zone: Asia/Shanghai 或实际时区"
    ),
    "lies outside the calendar": "超出了日历范围",
    "{token!r} is none of {known}": "{token!r} 不在 {known} 之中",
    # hub.mapping.rule.lists
    "each: needs the path of a list, such as lines": "each: 须为列表的路径，例如 lines",
    "each is nested deeper than {most}.": "each 嵌套超过 {most} 层。",
    "{path} is no list: each needs one.": "{path} 不是列表：each 须用于列表。",
    "{path} = {value}": "{path} = {value}",
    "is no object, as fields: needs": "不是对象，而 fields: 须用于对象",
    "gives nothing; leave it out with where: … is set": "没有得到值；可用 where: … is set 略去该项",
    "is no list, as each: needs": "不是列表，而 each: 须用于列表",
    'join: needs a text, such as ", "': 'join: 须为文本，例如 ", "',
    "The default of a list is [] or null.": "列表的 default 只能是 [] 或 null。",
    # hub.mapping.running.paths
    "is a list: use each, or [first] or [last]": "是列表：请用 each，或 [first]、[last]",
    "is a single value and has no field {name}": "是单个值，没有字段 {name}",
    "is no list": "不是列表",
    "${name}": "${name}",
    "the document": "该单据",
    # hub.mapping.rule.pipeline
    "the value": "该值",
    "required: and default: do not go together.": "required: 与 default: 不能同时使用。",
    "default: needs a single text or null.": "default: 须为单个文本或 null。",
    "default: {text!r} {problem}.": "default: 的值 {text!r} {problem}。",
    "is missing, but required": "缺失，但为必填",
    "is null, but required": "为 null，但为必填",
    "is what empty: or a table counts as nothing, but required": (
        "按 empty: 或表的规定视为无值，但为必填"
    ),
    # hub.mapping.running.run
    "has {count} items; {most} are allowed": "有 {count} 项；最多允许 {most} 项",
    "would make this document walk more than {most} items": (
        "会使处理该单据时遍历的项超过 {most} 个"
    ),
    # hub.mapping.data.values
    "(missing)": "（缺失）",
    "(null)": "（空值）",
    "(personal, not shown)": "（个人信息，不显示）",
    "(a list of {count})": "（{count} 项的列表）",
    "(an empty list)": "（空列表）",
    "(an object)": "（对象）",
    "{value}": "{value}",
    "is an object: name the field you mean, or use fields": "是对象：请写明要用的字段，或用 fields",
    "is a float, which is not exact; the connector must give Decimal": (
        "是浮点数，不精确；连接器须给出 Decimal"
    ),
    "is a {kind}, which no mapping can carry": "是 {kind}，映射无法处理",
    "is no number of at most {digits} digits and {places} places": (
        "不是至多 {digits} 位数字、{places} 位小数的数"
    ),
    "works out a number of more than {most} digits": "算出的数超过 {most} 位",
    "is missing; give a default:, or ask `is set` first": (
        "缺失；请给出 default:，或先用 `is set` 判断"
    ),
    "is null; give a default:, or ask `is set` first": (
        "为 null；请给出 default:，或先用 `is set` 判断"
    ),
    "is a boolean, not a number": "是布尔值，不是数字",
    "is {kind}, not a number": "是{kind}，不是数字",
    'is no number; if it means nothing, say empty: [""]': (
        '不是数字；如果它表示“无”，请写 empty: [""]'
    ),
    "is too long for a number": "太长，不可能是数字",
    "is no number: the {sign!r} at character {at} is not part of a decimal": (
        "不是数字：第 {at} 个字符 {sign!r} 不属于小数的写法"
    ),
    "is no number: character {at} is not part of a decimal": (
        "不是数字：第 {at} 个字符不属于小数的写法"
    ),
    "uses rules that use each other too deep; take a let out of the chain": (
        "用到的规则一层套一层，太深了；请从这串 let 中去掉几个"
    ),
    "is no whole number": "不是整数",
    "is {kind}, not a boolean; name the texts in a table: map: {{yes: true, no: false}}": (
        "是{kind}，不是布尔值；请在表中写明各文本的含义：map: {{yes: true, no: false}}"
    ),
    "text": "文本",
    "a number": "数字",
    "a list": "列表",
    "a date": "日期",
    "an object": "对象",
    # hub.mapping.examples.inline
    "tests: needs a list, each starting with - name:": "tests: 须为列表，每项以 - name: 开头",
    "A test": "测试",
    "There are two tests named {name}.": "有两个测试都叫 {name}。",
    "A test needs one of expect:, expect_error: and expect_skip:": (
        "测试须有 expect:、expect_error:、expect_skip: 中的一个"
    ),
    "There is no test {name} above this one.": "在此之前没有测试 {name}。",
    "A test needs given:, or base: and change:": "测试须有 given:，或者 base: 和 change:",
    "{word}: needs fields with values.": "{word}: 须为带值的字段。",
    "There is no code {code}.": "没有错误代码 {code}。",
    "Test {test} of {mapping}: {problem}": "映射 {mapping} 的测试 {test}：{problem}",
    "a fault {code} was expected, but the document was mapped": (
        "预期出现错误 {code}，但单据映射成功"
    ),
    "the document was to be skipped, but when: holds": "预期跳过该单据，但 when: 成立",
    "when: does not hold for this document; say expect_skip: true if that is meant": (
        "该单据不满足 when:；如果正应如此，请写 expect_skip: true"
    ),
    "expected {code} at {target}, but came {came}": "预期 {target} 出现 {code}，实际为 {came}",
    "a fault": "错误",
    "any field": "任一字段",
    "{one}; {other}": "{one}；{other}",
    "{code} {name} at {target}": "{target} 的 {code} {name}",
    "{path} has {count} items, expected {expected}": "{path} 有 {count} 项，预期 {expected} 项",
    "{path} is {actual}, expected {expected}": "{path} 为 {actual}，预期 {expected}",
    # hub.mapping.two_way.back, hub.mapping.two_way.reverse and hub.mapping.two_way.round_trip
    "On the way back: {problem}": "反向：{problem}",
    "{word}: needs direction: two-way in the file.": (
        "{word}: 需要文件中写有 direction: two-way。"
    ),
    "{word}: cannot be turned round.": "{word}: 无法反向。",
    "Say what it tells the source: back: {{PATH: rule}}, or back: {{}} for nothing.": (
        "请写明它向来源回写什么：back: {{路径: 规则}}；什么也不回写则写 back: {{}}"
    ),
    "back: needs source paths with rules.": "back: 须为来源路径及其规则。",
    "{path} is no field of the document or item at hand.": "{path} 不是当前单据或行的字段。",
    "{name} cannot be named in a path.": "{name} 无法写进路径。",
    "{one} and {other} both tell the source its {path}.": "{one} 和 {other} 都回写来源的 {path}。",
    "Let one of them tell nothing: back: {{}}": "请让其中一个什么也不回写：back: {{}}",
    "{word}: and as: {kind} cannot be turned round.": "{word}: 与 as: {kind} 一起无法反向。",
    "else: cannot be turned round: several values may have become one.": (
        "else: 无法反向：多个值可能变成了同一个值。"
    ),
    "lookup: goes one way; A <-> B can be turned round.": (
        "lookup: 只有单向；写成 A <-> B 才能反向。"
    ),
    "{table} gives nothing for {key}.": "{table} 对 {key} 不给出任何值。",
    "{table} gives {value} for both {one} and {other}.": (
        "{table} 对 {one} 和 {other} 给出同一个值 {value}。"
    ),
    "as: {kind} of a {type} cannot be turned round.": ("来源为 {type} 时，as: {kind} 无法反向。"),
    "scale: {scale} cannot be turned round exactly.": "scale: {scale} 无法精确反向。",
    "format: {pattern} is no way of writing that can be read again.": (
        "format: {pattern} 写出的内容无法再读回。"
    ),
    "{path} was {given} and comes back as {returned}": "{path} 原为 {given}，回来是 {returned}",
    "on the way back, {problem}": "反向时，{problem}",
    "the document waits for the link of: {names}": "单据等待这些对照：{names}",
    # hub.mapping.writing.drafts, hub.mapping.writing.scaffold
    "also takes:": "还可填写：",
    "TODO personal: redact: {kind}, or allow_personal: REASON": (
        "TODO 个人信息：请写 redact: {kind}，或 allow_personal: 理由"
    ),
    "TODO the nearest name; is this it?": "TODO 名称最接近，是这个吗？",
    "the nearest name; is this it?": "名称最接近，是这个吗？",
    "TODO required; the nearest name: is this it?": "TODO 必填；名称最接近的是它，是这个吗？",
    "required, {type}": "必填，{type}",
    "TODO the handle of the object at the far end": "TODO 对方系统中对象的标识",
    "a sample with every field that is read": "包含全部读取字段的样例",
    # hub.flow.preview
    "{owners} each have a {kind} {number}; name one of its deliveries instead: --delivery ID": (
        "{owners} 都有编号为 {number} 的 {kind}；请改为指定其投递：--delivery 编号"
    ),
    "Revision {revision} of {number} is no longer stored.": (
        "{number} 的版本 {revision} 已不再保存。"
    ),
    "The store has not one bundle {sha}.": "存储中没有唯一的映射包 {sha}。",
    # hub.mapping.data.measures
    "multiplies {one} by {other}": "把 {one} 与 {other} 相乘",
    "mixes {one} and {other}": "把 {one} 与 {other} 混在一起计算",
    "a plain number": "不带单位的数字",
    "is no ISO 4217 currency code, such as CNY or USD": "不是 ISO 4217 币种代码，例如 CNY 或 USD",
    # hub.mapping.rule.tables
    "line {line}": "第 {line} 行",
    "else: park goes with lookup:, not with map:.": (
        "else: park 应与 lookup: 一起使用，不能与 map: 一起使用。"
    ),
    # hub.mapping.rule.lookup_step
    "else: park goes with a link, not with a fact.": "else: park 只用于对照，不用于查询事实。",
    "lookup: {text!r} is neither a link, such as crm.customer -> wms.owner, nor a fact, such"
    ' as "rate: -> CNY".': (
        "lookup: {text!r} 既不是对照（例如 crm.customer -> wms.owner），也不是查询事实（例如"
        ' "rate: -> CNY"）。'
    ),
    "at: goes with a fact, not with a link.": "at: 只用于查询事实，不用于对照。",
    "has no link: {command}, or say else: park": ("没有对照：请运行 {command}，或写 else: park"),
    " on {day}": "在 {day} ",
    "has no {kind} to {target}{on} that the hub knows": "{on}没有中枢已知的到 {target} 的 {kind}",
    # hub.mapping.rule.finish and hub.mapping.rule.document_checks
    "{text}": "{text}",
    "does not pass the check {check}": "未通过检查 {check}",
    "checks: needs a list: - {{that: CONDITION, says: TEXT}}": (
        "checks: 须为列表：- {{that: CONDITION, says: TEXT}}"
    ),
    "A check": "检查",
    # hub.mapping.rule.whole_lists
    "max: {most} is less than min: {least}.": "max: {most} 小于 min: {least}。",
    "at least": "至少",
    "at most": "至多",
    "has {count} items, and {limit} {number} are asked for": (
        "有 {count} 项，而此处须{limit} {number} 项"
    ),
    "the list": "该列表",
    "has the same {names} in items {first} and {index}": (
        "第 {first} 项与第 {index} 项的 {names} 相同"
    ),
    # hub.mapping.rule.personal and hub.mapping.data.redaction
    "allow_personal: needs the reason, which the data officer will read.": (
        "allow_personal: 须写明理由，供数据负责人查阅。"
    ),
    "{path} is personal ({kind}), and {target} is outside the company.": (
        "{path} 是个人信息（{kind}），而 {target} 在公司之外。"
    ),
    "the target": "目标",
    'Mask it (redact: {kind}) or give the reason (allow_personal: "…").': (
        '请脱敏（redact: {kind}），或写明理由（allow_personal: "…"）。'
    ),
    "cannot be hashed: this hub has no key for it; run hub init": (
        "无法计算哈希：中枢没有所需的密钥；请运行 hub init"
    ),
    # hub.mapping: more words of a rule
    "{one} and {other} do not go together.": "{one} 与 {other} 不能同时使用。",
    'split: needs the sign between the parts, such as ","': 'split: 须为各部分之间的符号，例如 ","',
    "choose: needs a list of cases: - {{when: CONDITION, then: VALUE}}": (
        "choose: 须为情形列表：- {{when: CONDITION, then: VALUE}}"
    ),
    "A case": "情形",
    "{word}: needs {other}: beside it.": "{word}: 须与 {other}: 一起使用。",
    "count: needs the path of a list, such as lines": "count: 须为列表的路径，例如 lines",
    "{path} is no list: count needs one.": "{path} 不是列表：count 须用于列表。",
    "is no list, as count: needs": "不是列表，而 count: 须用于列表",
    "{path} stands for the value in check: only.": "{path} 只在 check: 中表示该值。",
    "matches(…) needs its pattern in quotes: no field can be one.": (
        "matches(…) 的模式须加引号写出：不能取自字段。"
    ),
    "The pattern {text!r}: {problem}": "模式 {text!r}：{problem}",
    'lookups: needs a table for each look-up: {{"crm.customer -> wms.owner": {{…}}}}': (
        'lookups: 须为每个查询各写一个表：{{"crm.customer -> wms.owner": {{…}}}}'
    ),
    # hub.mapping.compared.effects and hub.mapping.compared.meaning
    "when: does not hold": "不满足 when:",
    "waits for a link": "等待对照",
    "a document": "得到单据",
    "{name} says something else than before under the same version; raise version:": (
        "{name} 的含义变了而版本未变；请提高 version:"
    ),
    # hub.mapping.rule.ends
    "{target} takes no file.": "{target} 不收文件。",
    "$document.file goes only where the operation takes a file.": (
        "$document.file 只能用于操作接收文件的字段。"
    ),
    "{target} is a file.": "{target} 是文件。",
    "Write $document.file.": "请写 $document.file。",
    "{target} is {wanted}, and the rule gives {made}.": (
        "{target} 的类型是 {wanted}，而规则得到的是 {made}。"
    ),
    "Add as: {type}": "请加上 as: {type}",
    "Write as: {type} instead.": "请改写为 as: {type}",
    "{word}: writes text; take it out.": "{word}: 写出的是文本；请删去。",
    "Nothing uses {name}.": "{name} 没有被用到。",
    "Delete it, or use it.": "请删去，或加以使用。",
    "Neither mapped nor ignored: {names}.": "既未映射也未忽略：{names}。",
    "Map them, or name them under ignore: if that is meant.": (
        "请加以映射；如确不需要，请列入 ignore:"
    ),
    # hub.flow.vetting and hub.flow.parts
    "took longer than {seconds} s": "超过 {seconds} 秒",
    "ended before it was done": "中途退出",
    "needs more than {size} MiB": "需要超过 {size} MiB 内存",
    "The check of the mapping files {what}. Are there too many, or too large ones?": (
        "映射文件的检查{what}。是否文件过多或过大？"
    ),
    "The folder is not there any more; what it held stays in force.": (
        "文件夹已不存在；其中原有的映射继续生效。"
    ),
    "The folder cannot be read: {reason}.": "无法读取该文件夹：{reason}。",
    "The folder is empty; what it held stays in force.": ("文件夹已空；其中原有的映射继续生效。"),
    "If that is meant: hub map apply": "如确需如此，请运行 hub map apply",
    "The store has no mapping files {sha}.": "存储中没有映射包 {sha}。",
    # hub.flow.reload
    "The mapping files in force cannot be read any more: {reason} "
    "Put those of the folder in force: hub map apply": (
        "生效中的映射文件已无法读取：{reason} 请使文件夹中的映射生效：hub map apply"
    ),
    "The folder has been changing for {seconds} s; "
    "nothing of it is taken over before it is still.": (
        "文件夹已连续变动 {seconds} 秒；在其静止之前不会接管任何内容。"
    ),
    # hub.flow.checks
    "from: hub.yaml has no connection {name}.": "from: hub.yaml 中没有连接 {name}。",
    "to: hub.yaml has no connection {name}.": "to: hub.yaml 中没有连接 {name}。",
    "operation: {connector} has no operation {name}.": (
        "operation: 连接器 {connector} 没有操作 {name}。"
    ),
    "map: {mapping} is for {other}; {connection} is a {connector}.": (
        "map: 映射 {mapping} 用于 {other}；而连接 {connection} 用的是 {connector}。"
    ),
    "{operation} has no option {name}.": "操作 {operation} 没有选项 {name}。",
    "{name}: {operation} knows no {value}.": "{name}: 操作 {operation} 没有取值 {value}。",
    # hub.records, hub.registry and hub.settings
    "There is no record kind {name!r}.{hint}": "没有标准单据类型 {name!r}。{hint}",
    "No connector {name!r} is installed.{hint}": "未安装连接器 {name!r}。{hint}",
    "{path} (from {origin}) is not there; `hub init` makes one": (
        "{path}（来自{origin}）不存在；`hub init` 可生成一份"
    ),
    "this folder": "当前文件夹",
    "Connector {name!r} is installed twice: {where}. Remove one.": (
        "连接器 {name!r} 安装了两份：{where}。请移除其一。"
    ),
    "Connector {name!r} ({place}) cannot be imported: {problem}. Reinstall the package it comes "
    "from.": "无法导入连接器 {name!r}（{place}）：{problem}。请重新安装其所在的包。",
    "Connector {name!r} ({place}) is no hub.Connector class.": (
        "连接器 {name!r}（{place}）不是 hub.Connector 类。"
    ),
    "{way}: write it as ${{env:NAME}}.": "{way}：请写成 ${{env:NAME}}。",
    "no such stream": "没有此数据流",
    "{stream} cannot be polled": "{stream} 不能轮询",
    "{way}: {connector} cannot be polled; remove it.": "{way}：{connector} 不能轮询，请删去。",
    "{way}: {complaint}.{hint}": "{way}：{complaint}。{hint}",
    # hub.service.actions and hub.flow.poll
    "{name}: {connector} cannot be polled.": "{name}：{connector} 不能轮询。",
    "this action needs {name!r}": "此操作须有 {name!r}",
    "there is no action {name!r}": "没有操作 {name!r}",
    # hub.flow.replay
    "The mapping files in force have no {mapping}. Retry {id} without --latest: the files it was "
    "planned with are kept.": (
        "生效的映射文件中没有 {mapping}。请不加 --latest 重试 {id}：计划时的文件仍保留。"
    ),
    "edit it": "修改报文",
    "map it anew": "重新映射",
    "send the edited one": "发送修改后的报文",
    "{id} is {now}; only dead, blocked and ready rows can be {state}.": (
        "{id} 状态为 {now}；只有 dead、blocked、ready 的投递可转为 {state}。"
    ),
    "{id} takes something back; skip it without the id of an object.": (
        "{id} 是撤回操作；跳过时不要写对象的 id。"
    ),
    "{id} comes first and is {state}; decide that one before.": (
        "{id} 在其之前，状态为 {state}；请先处理它。"
    ),
    "There is no message {id}. Run `hub message list`.": (
        "没有消息 {id}。用 `hub message list` 查看。"
    ),
    "Message {id} is {state}; nothing is left to replay.": (
        "消息 {id} 状态为 {state}，没有可重新受理的内容。"
    ),
    "There is no delivery {id}. Run `hub delivery list`.": (
        "没有投递 {id}。用 `hub delivery list` 查看。"
    ),
    "{id} is {state}, and that is final. Replay its message for a new delivery.": (
        "{id} 状态为 {state}，已不可更改。如需新的投递，请重新受理其消息。"
    ),
    "{id} is {now}; only {state} rows can take this.": (
        "{id} 状态为 {now}；只有 {state} 的投递可执行此操作。"
    ),
    "Nobody knows whether {id} was applied, so to {what} could apply both. Retry it (the far end "
    "is asked first), or look there and skip or cancel it.": (
        "无法确定 {id} 是否已执行，{what}可能导致两份都执行。请重试（会先询问对方），"
        "或到对方系统核实后跳过或取消。"
    ),
    "{id} is of an outdated or revoked revision; skip or cancel it.": (
        "{id} 属于过时或已撤销的版本；请跳过或取消。"
    ),
    "A later delivery of {id}'s lane has gone on; old must not follow new.": (
        "{id} 所在通道已有后续投递发出；旧的不得排在新的之后。"
    ),
    "An old request of {id} may still land; try again in {seconds} s.": (
        "{id} 先前的请求可能仍会到达；请在 {seconds} 秒后再试。"
    ),
    "{id} is held, not dead. Release it without --latest: it is mapped with the "
    "files it was planned with.": (
        "{id} 处于暂扣而非死信状态。请不带 --latest 放行：它按计划时的映射文件转换。"
    ),
    "{mapping} cannot map {id}: {reason}": "{mapping} 无法映射 {id}：{reason}",
    "With the mapping files in force {mapping} is for another operation, object or "
    "lane than {id}. Retry it without --latest, or cancel it and replay its message.": (
        "按生效中的映射文件，{mapping} 所对应的操作、对象或通道与 {id} 不同。"
        "请不带 --latest 重试，或取消它并重放其消息。"
    ),
    # hub.flow.overlay
    "There is no file or folder {path}.": "没有文件或文件夹 {path}。",
    "The folder {path} holds no mapping file (.yaml).": "文件夹 {path} 中没有映射文件（.yaml）。",
    "{path} is a table, and no mapping here names it. "
    "Check the mapping that does, with {word} in its tables:": (
        "{path} 是对照表，此处没有映射引用它。请检查在 tables: 中以 {word} 引用它的映射"
    ),
    # hub.flow.repair
    "{path} was changed meanwhile: nothing was written. Try again.": (
        "{path} 在此期间被改动，未写入任何内容，请重试。"
    ),
    "{path} cannot be written: {problem}.": "无法写入 {path}：{problem}。",
    "{path} belongs to another user or group, and would come to be yours: nothing "
    "was written. Run this as its owner.": (
        "{path} 属于其他用户或用户组，改写后会变为归您所有，因此未写入任何内容。"
        "请以其所有者身份运行"
    ),
    # hub.sheet and hub.xlsx
    "The column {column} is missing.": "缺少列 {column}。",
    "The table has more than {most} rows.": "表格超过 {most} 行。",
    "The table has more than {most} columns.": "表格超过 {most} 列。",
    "Split it into several files.": "请拆分为多个文件。",
    "The table is empty.": "表格为空。",
    "Its first row names the columns.": "第一行须为列名。",
    "Column {column} has no name.": "第 {column} 列没有列名。",
    "Name it, or remove the column.": "请填写列名，或删除该列。",
    "Two columns are named {column}.": "有两列同名：{column}。",
    "Give each its own name.": "请为每列取不同的名称。",
    "The row has {cells} cells, the header names {columns} columns.": (
        "该行有 {cells} 个单元格，而表头只有 {columns} 列。"
    ),
    'Put a cell that holds the separator in quotes: "1,5".': (
        '含有分隔符的单元格请加英文双引号："1,5"。'
    ),
    "The file is an old or protected workbook.": "该文件是旧格式或加密的工作簿。",
    "Save it as XLSX or CSV UTF-8.": "请另存为 XLSX 或 CSV UTF-8。",
    "The file is no text: it holds a zero byte.": "该文件不是文本：含有零字节。",
    "The file is neither UTF-8 nor GB18030.": "该文件既不是 UTF-8，也不是 GB18030。",
    "Save it as CSV UTF-8.": "请另存为 CSV UTF-8。",
    "The row cannot be read: {problem}.": "无法读取该行：{problem}。",
    "A quote inside quotes is written twice; each row closes its quotes.": (
        "引号内的引号须写两次；每行的引号须成对。"
    ),
    "The number has more than 15 digits, so the spreadsheet has rounded it.": (
        "该数字超过 15 位，已被电子表格舍入。"
    ),
    "Format the column as text and enter it again.": "请将该列设为文本格式后重新输入。",
    "The workbook cannot be read.": "无法读取该工作簿。",
    "Save it again as XLSX, without a password, or as CSV UTF-8.": (
        "请重新另存为不带密码的 XLSX，或 CSV UTF-8。"
    ),
    "The workbook holds more than {most} bytes.": "该工作簿解压后超过 {most} 字节。",
    "Keep only the table in it.": "请只保留该表格。",
    "Row {line}, column {column} is used: more than {rows} rows or {columns} columns.": (
        "第 {line} 行第 {column} 列有内容：超过 {rows} 行或 {columns} 列。"
    ),
    "Remove what stands outside the table.": "请删除表格以外的内容。",
    "The cell holds a formula, and nothing is worked out here.": ("该单元格是公式，此处不做计算。"),
    "The number has a format, so that a person may see something else.": (
        "该数字设有显示格式，所见可能与其内容不同。"
    ),
    # hub.flow.links and hub.cli.link_table
    "A link's {name} has 1 to {most} characters.": "对照的 {name} 须为 1 至 {most} 个字符。",
    "{column} is empty.": "{column} 为空。",
    "{column} is {value}, not {wanted} as the command says.": (
        "{column} 为 {value}，与命令行指定的 {wanted} 不符。"
    ),
    "hub.yaml has no connection {name}.": "hub.yaml 中没有连接 {name}。",
    "hub.yaml has no connection {name!r}; it has: {known}": (
        "hub.yaml 中没有连接 {name!r}；现有：{known}"
    ),
    "people.yaml names no admin. Write `roles: [admin]` for somebody, and make the first token for "
    "that person.": (
        "people.yaml 中没有管理员。请为某人写上 `roles: [admin]`，并先为其生成第一个令牌。"
    ),
    "The first token is an admin's: as the user the hub runs as, run `hub person token {admin} "
    "--save`. Then make the others.": (
        "第一个令牌须属于管理员：请以运行中枢的系统用户执行 `hub person token {admin} --save`，"
        "然后再生成其他人的令牌。"
    ),
    "{column} has more than {most} characters.": "{column} 超过 {most} 个字符。",
    "{value} is no kind: use letters, digits, - and _.": (
        "{value} 不是有效的类型：请用字母、数字、- 和 _。"
    ),
    "{handle} stands in line {line} already.": "{handle} 已在第 {line} 行出现。",
    "Remove one of the two.": "请删除其中一行。",
    # hub.admin
    "That is too large: {size} bytes, and at most {most} are taken. Split it.": (
        "内容过大：{size} 字节，最多接受 {most} 字节。请拆分后再试。"
    ),
    # table files beside a mapping
    "{name}: there is no file {file} beside this one.": "{name}：旁边没有文件 {file}。",
    "{name}: the file needs a value on each line: name: value": (
        "{name}：文件每行须为一个对应值，形如 名称: 值"
    ),
    "{key} stands already in line {line}.": "{key} 已在第 {line} 行出现。",
    "{word}: goes with a CSV file, not with YAML.": "{word}: 只用于 CSV 文件，不用于 YAML。",
    "The cell is empty.": "单元格是空的。",
    "Fill it, or delete the row.": "请填写，或删除这一行。",
    "Delete one of the two.": "请删除其中一行。",
    # hub.flow.lacking
    "No link can be called so: {connection} {kind}, a name of {count} characters": (
        "{connection} {kind} 的对照不能使用这样的编号（{count} 个字符）"
    ),
    # hub.mapping.data.declared
    "{hint} If the far end has it all the same, declare it: {end}: {{…, fields: {fields}}}": (
        "{hint}若对方确有该字段，请声明：{end}: {{…, fields: {fields}}}"
    ),
    "{name}: only a list or an object has fields.": "{name}：只有列表或对象才有 fields。",
    "Add type: list or object.": "请写明 type: list 或 object。",
    "{name}: required: is a word of to:, of what the far end needs.": (
        "{name}：required: 用于 to:，表示对方必填。"
    ),
    "Say required: true in the rule that reads it.": "请在读取它的规则中写 required: true。",
    "{word}: fields: goes with connector:, not with record:.": (
        "{word}: fields: 与 connector: 同用，不与 record: 同用。"
    ),
    "A record of the hub has the fields it has.": "中枢标准单据的字段是固定的。",
    # hub.keys
    "The master key {path} cannot be read: {problem}.": "主密钥 {path} 无法读取：{problem}。",
    "The master key {path} has fewer than {least} characters. Put back the copy that was kept of "
    "it.": "主密钥 {path} 少于 {least} 个字符。请恢复所留的备份。",
    # hub.documents.number, keys and codes
    "Watermark numbers begin with 2 to 4 letters, which the tenant {tenant} is not. Write "
    "documents: {{prefix: HX}} into hub.yaml, with letters of yours.": (
        "水印编号以 2 至 4 个字母开头，而租户 {tenant} 不是。请在 hub.yaml 中写 "
        "documents: {{prefix: HX}}，换成贵公司的字母。"
    ),
    "{text} is no watermark number. It is 2 to 4 letters and 18 digits, such as "
    "HX-2611-4837-2059-1864-10.": (
        "{text} 不是水印编号。编号为 2 至 4 个字母加 18 位数字，例如 HX-2611-4837-2059-1864-10。"
    ),
    "The check digits of {text} do not fit: a digit was mistyped. Compare it with the paper.": (
        "{text} 的校验位不符：有数字输错。请与纸面核对。"
    ),
    "The master key {path} is not there. `hub init` makes one; a lost one comes from its backup.": (
        "主密钥 {path} 不存在。`hub init` 可新建；丢失的请从备份恢复。"
    ),
    "The old master key {path} of documents: old_keys: is not there. Put back its backup; without "
    "it, what was made with it is never verified again.": (
        "documents: old_keys: 中的旧主密钥 {path} 不存在。请从备份恢复；没有它，"
        "用它签发的文书再也无法核验。"
    ),
    "The seal is none of ours, or it was changed.": "离线印记不是本公司的，或已被改动。",
    # hub.documents.content, printable, fonts, annex and extra
    "{later} decided at {at}, before {earlier} did. Let {later} decide again, or write "
    "approval_order: false into the document file.": (
        "{later} 于 {at} 作出决定，早于 {earlier}。请让 {later} 重新审批，"
        "或在文书文件中写 approval_order: false。"
    ),
    "The promise has {count} lines; a document has room for {most}. Divide it.": (
        "承诺共 {count} 行，一份文书最多 {most} 行。请拆分。"
    ),
    "{field} has {count} characters; a document has room for {most}. Shorten it.": (
        "{field} 共 {count} 个字符，文书中最多 {most} 个。请缩短。"
    ),
    "The texts of the promise have {count} characters together; a document has room for {most}. "
    "Divide it.": "承诺的文字合计 {count} 个字符，一份文书最多 {most} 个。请拆分。",
    "{field} is {number}, which is too large for a document. Correct it at its source.": (
        "{field} 为 {number}，超出文书所能记载的范围。请在来源处更正。"
    ),
    "{field} has the character {code} ({name}), which cannot be printed. Write it otherwise at its "
    "source, or name a font that has it in documents.fonts of hub.yaml.": (
        "{field} 含有无法印出的字符 {code}（{name}）。请在来源处改用其他写法，"
        "或在 hub.yaml 的 documents.fonts 中指定含有该字符的字体。"
    ),
    "There is no font to print documents with. Three ways to one: "
    'pip install "accord-hub[documents]"; apt-get install fonts-noto-cjk; or name a file in '
    "hub.yaml: documents: {{fonts: [fonts/NotoSansSC-Regular.otf]}}": (
        '没有可用于印制文书的字体。有三种办法：pip install "accord-hub[documents]"；'
        "apt-get install fonts-noto-cjk；或在 hub.yaml 中指定文件："
        "documents: {{fonts: [fonts/NotoSansSC-Regular.otf]}}"
    ),
    "documents.fonts in hub.yaml: {path} is not there.": (
        "hub.yaml 的 documents.fonts：{path} 不存在。"
    ),
    "The font {path} cannot be read: {problem}.": "字体 {path} 无法读取：{problem}。",
    "The document could not be printed: {problem}.": "文书无法印制：{problem}。",
    "The logo {path} must be an SVG, PNG or JPEG file.": "徽标 {path} 须为 SVG、PNG 或 JPEG 文件。",
    "The logo {path} cannot be read: {problem}. Correct documents.issuer in hub.yaml.": (
        "徽标 {path} 无法读取：{problem}。请在 hub.yaml 中更正 documents.issuer。"
    ),
    'Documents need the library {name}: pip install "accord-hub[documents]"': (
        '文书需要 {name} 库：pip install "accord-hub[documents]"'
    ),
    # hub.documents.reading
    "The file has {size} bytes; files up to {limit} bytes are looked at. Bring a smaller one, or "
    "raise documents.upload_limit in hub.yaml.": (
        "文件有 {size} 字节，最多接受 {limit} 字节。请换较小的文件，或调大 hub.yaml 的 "
        "documents.upload_limit。"
    ),
    "The process that looks at files ended by itself ({status}). Try again; if it stays so, see "
    "what it wrote to the standard error of the hub.": (
        "读取文件的进程自行退出（{status}）。请重试；若仍如此，请查看中枢的标准错误输出。"
    ),
    "Files cannot be looked at on this system, which has no fork. Check by number, or run the hub "
    "on Linux or macOS.": (
        "本系统没有 fork，无法读取文件。请按编号核验，或在 Linux 或 macOS 上运行中枢。"
    ),
    "This is {what}, neither a PDF nor a picture. Bring the PDF itself, or a photo or scan as "
    "JPEG, PNG, WebP, TIFF, BMP or GIF.": (
        "这是{what}，不是 PDF，也不是图片。请提供 PDF 原件，或 JPEG、PNG、WebP、TIFF、BMP、GIF "
        "格式的照片或扫描件。"
    ),
    "a web page, perhaps of a login that ended": "网页，可能是登录已失效",
    "an XML file": "XML 文件",
    "a JSON file": "JSON 文件",
    "a ZIP archive": "ZIP 压缩包",
    "a Word document": "Word 文档",
    "an Excel workbook": "Excel 工作簿",
    "a PowerPoint file": "PowerPoint 文件",
    "an OFD document": "OFD 文件",
    "an older Office document": "旧版 Office 文档",
    "a HEIC photo": "HEIC 照片",
    "a RAR or 7z archive": "RAR 或 7z 压缩包",
    "plain text": "纯文本",
    "data of an unknown kind": "未知类型的数据",
    "The file is empty: it has 0 bytes. Fetch it again from its source.": (
        "文件是空的（0 字节）。请从来源处重新获取。"
    ),
    "The file is damaged or was cut off on its way. Fetch it again from its source.": (
        "文件已损坏，或传输不完整。请从来源处重新获取。"
    ),
    "The PDF opens only with a password. Save it without one, and bring that file.": (
        "该 PDF 需要密码才能打开。请另存为无密码的文件后再提供。"
    ),
    "The PDF has more than 500 pages. Bring only the pages the document is on.": (
        "该 PDF 超过 500 页。请只提供文书所在的页。"
    ),
    "The PDF has no pages. Fetch it again from its source.": (
        "该 PDF 没有页面。请从来源处重新获取。"
    ),
    "A page of the PDF is larger than 5 metres (14,400 points). Print it to a usual paper size, "
    "and bring that file.": (
        "该 PDF 有一页超过 5 米（14,400 点）。请打印成常用纸张大小的 PDF 后再提供。"
    ),
    "The picture has more than 100 million pixels. Make it smaller, and bring that file.": (
        "图片超过 1 亿像素。请缩小后再提供。"
    ),
    "Looking at the file was stopped: it needs too much memory, or breaks what reads it.": (
        "已停止读取该文件：它占用内存过多，或会使读取程序崩溃。"
    ),
    "Looking at the file was stopped: it takes too long.": "已停止读取该文件：耗时过长。",
    # mends of words
    "format: of a time needs zone: beside it; the source's offset may change.": (
        "format: 用于时间时须同时写 zone:；来源的时差可能变化。"
    ),
    "format: a Z at the end means UTC; it goes with zone: UTC only.": (
        "format: 末尾的 Z 表示 UTC，只能与 zone: UTC 一起使用。"
    ),
    "stands where clocks are changed in {zone}; it needs its offset": (
        "正处于 {zone} 调整时钟之时，须写明时差"
    ),
    "unique: no rule fills {name}.": "unique: 没有规则填写 {name}。",
    "is not in {table}. Add it at {place}, or say else: keep": (
        "不在{table}中。请在 {place} 添加，或写 else: keep"
    ),
    "makes texts of more than {most} characters": "生成的文本共超过 {most} 个字符",
    "has more than {most} faults; the others are not told": "有 {most} 处以上错误，其余不再列出",
    "{word}: is empty for this document": "{word}: 对这张单据为空",
    "{word}: has {length} characters, {limit} are allowed": (
        "{word}: 有 {length} 个字符，最多允许 {limit} 个"
    ),
    "{path} is personal ({kind}), and {word}: is written into logs and far ends.": (
        "{path} 是个人信息（{kind}），而 {word}: 会写入日志与外部系统。"
    ),
    "Name another field, or a let with redact: hash.": (
        "请改用其他字段，或带 redact: hash 的 let。"
    ),
    "{word}:": "{word}:",
    "{connector} has no {other} {name}.": "{connector} 没有 {other} {name}。",
    "Nothing is known of {connector} {name}.": "对 {connector} {name} 一无所知。",
    "Its paths are not checked; is the connector installed, and its name right?": (
        "其路径未经检查；请确认连接器已安装、名称无误。"
    ),
    # hub.people_file
    "{what} needs a text of 1 to 100 characters.": "{what} 须为 1 至 100 个字符的文本。",
    "{what} needs a list of texts of 1 to 100 characters.": (
        "{what} 须为文本列表，每项 1 至 100 个字符。"
    ),
    "Nobody is in it any more; the people before stay in force. Start the hub again to run "
    "without people.": "其中已没有任何人员；原有人员继续有效。如要不设人员运行，请重启中枢。",
    "{found!r} is no id of a person: a small letter, then small letters, digits, ., _ or -, "
    "at most 40.": (
        "{found!r} 不是有效的人员编号：须以小写字母开头，后接小写字母、数字、.、_ 或 -，"
        "最多 40 个字符。"
    ),
    "{what}: {found!r} is no name of a role, such as sales_supervisor.": (
        "{what}: {found!r} 不是有效的角色名，应如 sales_supervisor。"
    ),
    "{other} has this id at {connection} already; an id is one person's.": (
        "{connection} 的这个编号已属于 {other}；一个编号只能属于一个人。"
    ),
    "email needs one address, such as name@example.com.": (
        "email 须为一个地址，如 name@example.com。"
    ),
    "{what} needs a day such as 2026-11-30, not {found!r}.": (
        "{what} 须为日期，如 2026-11-30，而不是 {found!r}。"
    ),
    "delegates needs a list.": "delegates 须为列表。",
    "until {until} lies before from {since}.": "until {until} 早于 from {since}。",
    "Nobody stands in for oneself.": "不能由本人代理本人。",
    "There is no person {name}.": "没有人员 {name}。",
    "{person} has no role {role} to hand over.": "{person} 没有可移交的角色 {role}。",
    # hub.service
    "Nobody has shown who asks for {what}. Set HUB_TOKEN or run `hub person token NAME --save`.": (
        "未证明是谁要执行 {what}。请设置 HUB_TOKEN，或运行 `hub person token NAME --save`。"
    ),
    "{actor} may not do {what}; it takes one of these roles: {roles}. An admin gives roles in "
    "people.yaml.": (
        "{actor} 无权执行 {what}；须具备以下角色之一：{roles}。角色由管理员在 people.yaml 中授予。"
    ),
    "It takes a second person, and nobody has shown who asks. Set HUB_TOKEN.": (
        "须由第二人决定，而未证明是谁在请求。请设置 HUB_TOKEN。"
    ),
    "{actor} asked for it; another person must decide.": "由 {actor} 提出，须由另一人决定。",
    "{first} made the token of {actor}, and so could be both. Let another admin make a new one.": (
        "{actor} 的令牌由 {first} 生成，两者可能是同一人。请由另一位管理员重新生成令牌。"
    ),
    "{actor} stands in for {first}, who asked for it; another person must decide.": (
        "{actor} 正代理提出者 {first}，须由另一人决定。"
    ),
    "The hub knows no such token. An admin makes one: `hub person token`.": (
        "中枢不认识这个令牌。可由管理员生成：`hub person token`。"
    ),
    "The token {id} was revoked on {at}.": "令牌 {id} 已于 {at} 撤销。",
    "The token {id} expired on {at}. An admin makes a new one: `hub person token`. While no admin "
    "has one, the user the hub runs as does, without HUB_TOKEN and the saved one.": (
        "令牌 {id} 已于 {at} 过期。可由管理员重新生成：`hub person token`。"
        "如已无管理员持有有效令牌，请由运行中枢的系统用户清除 HUB_TOKEN 与已保存的令牌后生成。"
    ),
    "{person} left on {at}; the token {id} proves nobody.": (
        "{person} 已于 {at} 离职；令牌 {id} 不再证明任何人。"
    ),
    "The token {id} is for the user {bound} of the operating system, and {os_user} showed it. "
    "Revoke it if it leaked: `hub person revoke {id}`.": (
        "令牌 {id} 只供操作系统用户 {bound} 使用，却由 {os_user} 出示。"
        "如已泄露，请撤销：`hub person revoke {id}`。"
    ),
    "people.yaml has no {person}, whose token {id} is.": (
        "people.yaml 中没有 {person}，而令牌 {id} 属于此人。"
    ),
    "{actor} cannot keep a token of {person}. Leave out --save, and hand it over.": (
        "{actor} 不能保存 {person} 的令牌。请去掉 --save，将令牌交给本人。"
    ),
    "This needs a choice, and the token of its preview.": "此操作须有所选内容及其预览的令牌。",
    "{name} is not of the kind that this takes there, or out of bounds: {kind}.": (
        "{name} 的类型或范围不符合该操作的要求：{kind}。"
    ),
    "{name} holds a character that cannot be kept: it is no UTF-8, or is NUL.": (
        "{name} 中含有无法保存的字符：不是 UTF-8，或为空字符（NUL）。"
    ),
    "No user of the operating system is called so: {name}.": "没有这样的系统用户名：{name}。",
    "A token counts at most {days} days.": "令牌最长有效 {days} 天。",
    "people.yaml names nobody yet. Write the persons into it first.": (
        "people.yaml 中还没有人员。请先写入人员。"
    ),
    "Name the person the token is for, as people.yaml does.": (
        "请写明令牌属于谁，编号与 people.yaml 一致。"
    ),
    "There is no person {name}. {hint}": "没有人员 {name}。{hint}",
    "{person} left on {at}.": "{person} 已于 {at} 离职。",
    "A token bound to the user {bound} makes none for another user.": (
        "绑定用户 {bound} 的令牌不能为其他用户生成令牌。"
    ),
    "--reason needs 1 to 100 characters, such as the number of the request, and not what is to be "
    "erased: it is kept for ever.": (
        "--reason 须为 1 至 100 个字符，如申请单号，且不得含有要抹除的内容：它会永久保留。"
    ),
    "Name either a person or a text.": "请给出人员或文本之一。",
    "The text to erase needs at least {least} characters.": "要抹除的文本至少须有 {least} 个字符。",
    "Nothing is erased while these need it: {needed}. Let them end, or cancel or skip the "
    "deliveries; then do it again.": (
        "以下各项尚需使用该内容，暂不抹除：{needed}。请等其结束，或取消、跳过这些投递后重试。"
    ),
    "There is no token {given}, or its ending is not unique or shorter than 6. `hub person list "
    "--tokens` shows them.": (
        "没有令牌 {given}，或其结尾不唯一、不足 6 位。用 `hub person list --tokens` 查看。"
    ),
    # hub.service.alerting
    "There is not one open alert {id}. Run `hub alert list`.": (
        "没有唯一对应 {id} 的未了结告警。用 `hub alert list` 查看。"
    ),
    "{person} looks after alert {id} already.": "告警 {id} 已由 {person} 处理。",
    "hub.yaml names nobody to tell. Write email: or webhook: under alerts:.": (
        "hub.yaml 未指定通知对象。请在 alerts: 下填写 email: 或 webhook:。"
    ),
    "There is no channel {name}. {hint}": "没有通知渠道 {name}。{hint}",
    # hub.flow.alert_words
    "{count} deliveries of {connection} are dead: {reason}.": (
        "{connection} 有 {count} 笔投递成为死信：{reason}。"
    ),
    "A delivery of {connection} is dead: {reason}.": "{connection} 有一笔投递成为死信：{reason}。",
    "{count} messages of {connection} ({stream}) failed.": (
        "{connection}（{stream}）有 {count} 条消息处理失败。"
    ),
    "A message of {connection} ({stream}) failed.": (
        "{connection}（{stream}）有一条消息处理失败。"
    ),
    "{connection} is paused by {by}; nothing is sent or polled there.": (
        "{connection} 已被 {by} 暂停，不再发送，也不再轮询。"
    ),
    "{connection} cannot be reached: {failures} calls failed in a row. They are repeated by"
    " themselves.": "无法连通 {connection}：已连续失败 {failures} 次，系统会自动重试。",
    "{count} lanes of {connection} wait behind a dead delivery.": (
        "{connection} 有 {count} 条通道被死信堵住。"
    ),
    "A lane of {connection} waits behind a dead delivery.": ("{connection} 有一条通道被死信堵住。"),
    "Deliveries of {connection} are due since {since} and do not move.": (
        "{connection} 的投递自 {since} 起到期未动。"
    ),
    "Messages wait since {since} to be taken up; the hub is behind.": (
        "自 {since} 起的消息尚未处理，中枢处理滞后。"
    ),
    "{connection} ({stream}) could not be read to its end since {since}.": (
        "{connection}（{stream}）自 {since} 起未能完整读取。"
    ),
    "{connection} has brought no message since {since}.": "{connection} 自 {since} 起没有新消息。",
    "Changed mapping files are wrong ({faults} faults); the last good ones stay in force.": (
        "改动后的映射文件有 {faults} 处错误，仍沿用上一个正确版本。"
    ),
    "The changed people.yaml is wrong ({faults} faults); the last good one stays in force.": (
        "改动后的 people.yaml 有 {faults} 处错误，仍沿用上一个正确版本。"
    ),
    "{free} MiB are free beside the store; without space the hub takes nothing more.": (
        "存储所在磁盘仅剩 {free} MiB；空间耗尽后中枢将不再接收。"
    ),
    "The channel {channel} takes no notices: {code}.": "通知渠道 {channel} 无法送达：{code}。",
    "The watch {subject} cannot tell: nothing that is configured brings what it waits for;"
    " `hub check` says more.": (
        "监视 {subject} 无法判定：现有配置不会带来它所等的单据；详见 `hub check`。"
    ),
    "The watch {subject} cannot tell: {connection} ({stream}) is not polled.": (
        "监视 {subject} 无法判定：{connection}（{stream}）未设轮询。"
    ),
    "The watch {subject} cannot tell: messages of {connection} ({stream}) failed or wait."
    " `hub message list --state failed --connection {connection}`; replay or ignore each.": (
        "监视 {subject} 无法判定：{connection}（{stream}）有消息失败或待处理。"
        "用 `hub message list --state failed --connection {connection}` 查看，"
        "逐条重新处理（replay）或搁置（ignore）。"
    ),
    "Message {id} is {state}; only failed ones are set aside.": (
        "消息 {id} 的状态为 {state}；只有失败的消息可以搁置。"
    ),
    "set aside: {reason}": "已搁置：{reason}",
    "The watch {subject} cannot tell: {connection} ({stream}) was not read past its time.": (
        "监视 {subject} 无法判定：{connection}（{stream}）尚未读到所需时刻。"
    ),
    "queued": "已排入发送队列",
    "queued before": "此前已排入发送队列",
    "{kind}: {subject}": "{kind}：{subject}",
    "{words}": "{words}",
    "Since {at}.": "开始于 {at}。",
    "Until {at}.": "结束于 {at}。",
    "It is over: {words}": "已恢复：{words}",
    "This is a test: notices of this hub arrive here.": "这是一条测试：本中枢的通知可以送达此处。",
    "{count} more notices are told in this one.": "另有 {count} 条通知合并于此。",
    "{name}: {count}": "{name}：{count}",
    "Summary of {date}: {count} alerts are open.": "{date} 摘要：未了结的告警 {count} 条。",
    "Deliveries: {counts}": "投递：{counts}",
    "Unfinished at {connection}: {counts}": "{connection} 未完成：{counts}",
    "Messages: {counts}": "消息：{counts}",
    "Read back: {counts}": "回读：{counts}",
    "Noted for a person: {counts}": "待人处理的记录：{counts}",
    "Held by gates: {count}": "被关卡扣住：{count}",
    "Watches: {counts}": "监视：{counts}",
    "What helps: {command}": "处理命令：{command}",
    "More: {page}": "说明：{page}",
    "This is for {names}; people.yaml has no mail address for it.": (
        "此通知本应发给 {names}；people.yaml 中没有其邮箱。"
    ),
    # hub.flow.observe
    (
        "hub.yaml has {name} in mode: observe. Write mode: live there, start the hub again, then "
        "run `hub connection go-live {name}`."
    ): (
        "hub.yaml 中 {name} 仍为 mode: observe。请改为 mode: live 并重启中枢，再运行 "
        "`hub connection go-live {name}`。"
    ),
    "what waits can be sent or dropped, not {given}": (
        "积压的投递只能发送（send）或取消（drop），不能是 {given}"
    ),
    # hub.flow.schedules
    "hub.yaml has no schedule {name}. {near}": "hub.yaml 中没有计划任务 {name}。{near}",
    "{name}: {rule} never comes. Change at: or on: in hub.yaml.": (
        "{name}：{rule} 永远不会到来。请修改 hub.yaml 中的 at: 或 on:。"
    ),
    "{name} is running; `hub schedule list` shows how it ends.": (
        "{name} 正在运行；用 `hub schedule list` 查看结果。"
    ),
    "failed: {reason}": "失败：{reason}",
    "internal error; the log tells it": "内部错误，详见日志",
    "not polled: {name} is paused": "未轮询：{name} 已暂停",
    "{count} new; not read: {streams}": "新增 {count} 条；未能读取：{streams}",
    "{count} new": "新增 {count} 条",
    "there is no hub.yaml to check": "没有可检查的 hub.yaml",
    "{count} fault(s), the first: {fault}": "共 {count} 处错误，第一处：{fault}",
    "no faults": "没有错误",
    # hub.service.todo
    "{record}: held by the gate {gate}": "{record}：被关卡 {gate} 扣住",
    "{record} waits: {reason}": "{record} 在等待：{reason}",
    "message of {connection} ({stream}) failed: {reason}": (
        "{connection}（{stream}）的消息处理失败：{reason}"
    ),
    "{step} of {record} is dead: {reason}": "{record} 的 {step} 已成死信：{reason}",
    "{step} of {record} waits for a person's word": "{record} 的 {step} 等待人工决定",
    "{step} of {record} differs at the far end": "{record} 的 {step} 与对方系统不一致",
    "{step} of {record} could not be read back": "{record} 的 {step} 未能回读",
    "watch {watch}: {key} is overdue": "监视 {watch}：{key} 已逾期",
    "watch {watch}: nobody can tell about {key}": "监视 {watch}：无法判定 {key}",
    "{name} is paused: {reason}": "{name} 已暂停：{reason}",
    "{count} fault(s) in mapping files: {place}": "映射文件有 {count} 处错误：{place}",
    "the ledger notes {what}": "台账记有待办：{what}",
    "{count} deliveries of {name} were planned while it was observed": (
        "{name} 旁观期间积压投递 {count} 条"
    ),
    "{count} wait for {connection}'s id of {of} {handle}": (
        "{count} 项在等待 {of} {handle} 在 {connection} 的编号"
    ),
    "{count} wait for our handle of {connection}'s {of} {external_id}": (
        "{count} 项在等待 {connection} 的 {of} {external_id} 对应的我方标识"
    ),
    # hub.web.api
    "The request cannot be read": "无法读取请求",
    "No valid token": "没有有效令牌",
    "Not allowed": "无权执行",
    "The API is off": "接口未启用",
    "Not found": "未找到",
    "Wrong method": "方法不支持",
    "Refused as things stand": "当前状态下不予办理",
    "The first call with this key has not ended": "此键的首次调用尚未结束",
    "Nobody knows how the first call with this key ended": "此键的首次调用结果未知",
    "Changed meanwhile": "期间已有变动",
    "Too large": "内容过大",
    "Values are wrong": "取值有误",
    "The key belongs to another call": "此键属于另一调用",
    "A version is needed": "需要版本",
    "Too many calls": "调用过于频繁",
    "The hub failed": "中枢出错",
    "A connection failed": "连接出错",
    "The store cannot be used": "存储不可用",
    "The store cannot be used now. Look how things stand, then try again.": (
        "存储暂不可用。请先查看当前情况，再重试。"
    ),
    "There is nothing at this address. See /api/v1/openapi.json.": (
        "此地址不存在。请见 /api/v1/openapi.json。"
    ),
    "This method is not taken here. See /api/v1/openapi.json.": (
        "此地址不支持该方法。请见 /api/v1/openapi.json。"
    ),
    "The request cannot be read. Send JSON in UTF-8.": "无法读取请求。请发送 UTF-8 编码的 JSON。",
    "{count} values are wrong; see faults.": "有 {count} 处取值有误，详见 faults。",
    "{place} is missing.": "缺少 {place}。",
    "{place} is not known here. Leave it out.": "此处没有 {place} 这一项，请删去。",
    "The body is no JSON: {problem}.": "请求体不是 JSON：{problem}。",
    "{place}{value}: {must}.": "{place}{value}：{must}。",
    "{most} at most": "最多 {most}",
    "{least} at least": "至少 {least}",
    "one of {names}": "应为以下之一：{names}",
    "must match {pattern}": "须符合 {pattern}",
    "a time with its zone, such as 2026-06-01T08:00:00+08:00": (
        "应为带时区的时间，如 2026-06-01T08:00:00+08:00"
    ),
    "a whole number": "应为整数",
    "true or false": "应为 true 或 false",
    "text in whole characters": "应为完整字符的文本",
    "The cursor {cursor} is not one of this list with these filters. Take `next` of the "
    "page before as it is, or leave the cursor out.": (
        "游标 {cursor} 不属于此列表与这些筛选条件。请原样使用上一页的 `next`，或不带游标。"
    ),
    "{word} is no number in JSON.": "{word} 不是 JSON 数字。",
    "Send `If-Match` with the ETag of the delivery as you looked at it.": (
        "请用 `If-Match` 带上查看该投递时的 ETag。"
    ),
    "The document does not fit {operation}; see faults.": "单据与 {operation} 不符，详见 faults。",
    "Name deliveries by ids, or by one word of such; not both.": (
        "请用 ids 指定投递，或在 such 中至少写一项；两者不可并用。"
    ),
    "Send preview, or the token of a preview; not both.": (
        "请发送 preview，或预览给出的 token；两者不可并用。"
    ),
    "{words} Try again in {seconds} s.": "{words}请在 {seconds} 秒后重试。",
    "Send `Authorization: Bearer acc_…`; `hub person token` makes a token.": (
        "请发送 `Authorization: Bearer acc_…`；用 `hub person token` 生成令牌。"
    ),
    "The Idempotency-Key has 1 to {most} printable ASCII characters.": (
        "Idempotency-Key 须为 1 至 {most} 个可打印 ASCII 字符。"
    ),
    "The hub failed; its log says why. Look how things stand before you call again.": (
        "中枢出错，原因见其日志。再次调用前请先查看现状。"
    ),
    "The first call with this key still runs. Ask again in a moment.": (
        "此键的首次调用仍在进行，请稍后再问。"
    ),
    "The process that took the first call with this key ended before it answered, so "
    "nobody knows what was done. Look how things stand, then call with a new key.": (
        "受理此键首次调用的进程在答复前已结束，办理结果未知。请查看现状，再用新键调用。"
    ),
    "{actor} has no role. An admin gives roles in people.yaml.": (
        "{actor} 没有任何角色。角色由管理员在 people.yaml 中授予。"
    ),
    "Too many calls without a valid token.": "无有效令牌的调用过多。",
    "The API serves persons, and people.yaml names none. Write people.yaml beside "
    "hub.yaml, then make a token with `hub person token`.": (
        "接口只服务于人员，而 people.yaml 中没有任何人。请在 hub.yaml 旁编写 "
        "people.yaml，再用 `hub person token` 生成令牌。"
    ),
    "This token has made too many calls.": "此令牌的调用过多。",
    "This Idempotency-Key came with another call. Use a new key for a new call.": (
        "此 Idempotency-Key 已用于另一调用。新的调用请用新键。"
    ),
    "The body has more than {most} bytes. Split it.": "请求体超过 {most} 字节，请拆分。",
    "The ledger is of everybody; it takes the scope all.": "台账涉及所有人，须有 all 范围。",
    # hub.service.bulk
    "One decision is about {most} deliveries at most. Narrow the choice.": (
        "一次最多处理 {most} 条投递，请缩小范围。"
    ),
    "{name} names no such choice of yours, or it was used, or is older than a day. Ask for "
    "a preview of the same call, and act on its token.": (
        "{name} "
        "不是您此前预览的选择，或已用过，或已超过一日。请以同样的内容重新预览，再用其令牌执行"
        "。"
    ),
    "There is no such delivery any more.": "该投递已不存在。",
    # hub.service.versions
    "Delivery {id} has changed since it was looked at. Look at it again, then decide anew.": (
        "投递 {id} 在查看之后已有变动。请重新查看，再作决定。"
    ),
    # gates: hub.mapping.gate, hub.mapping.verdict and their examples
    "A gate file": "关卡文件",
    "{name} is what persons hold by hand; give the gate another name.": (
        "{name} 专指人工扣住，请给关卡换个名称。"
    ),
    "The name of a gate has at most {most} characters.": "关卡名称最多 {most} 个字符。",
    "A need": "每项 needs",
    "A need names levels:, or says how many approvals: it takes.": (
        "每项 needs 须写 levels:，或以 approvals: 写明所需人数。"
    ),
    "roles: goes with approvals:, not with levels:": "roles: 与 approvals: 连用，不与 levels: 连用",
    "reason: needs a text, or {{zh: …, en: …}}.": "reason: 须为文本，或 {{zh: …, en: …}}。",
    "release: needs roles: with at least one role.": "release: 须有 roles:，至少一个角色。",
    "valid: cannot be {found!r}; write 30 minutes, 12 hours or 7 days.": (
        "valid: 不能是 {found!r}；可写 30 minutes、12 hours 或 7 days。"
    ),
    "Nothing {name} holds could ever pass. Add release: {{roles: [ROLE]}}.": (
        "{name} 扣住的内容将永远无法通过。请加上 release: {{roles: [角色]}}。"
    ),
    "needs: is for records; what persons do is released by a second one.": (
        "needs: 只用于单据；人员的操作由第二人放行。"
    ),
    "approvals: needs at least 1.": "approvals: 至少为 1。",
    "There is no gate {name}.": "没有关卡 {name}。",
    "{name} is for what persons do; no route can name it.": (
        "{name} 用于人员的操作，路由不能引用。"
    ),
    "{name} is for {record}, not for {other}.": "{name} 用于 {record}，不用于 {other}。",
    "An approval": "每条审批",
    "the answer is {answer}, expected {expect}": "结果为 {answer}，应为 {expect}",
    "no reason says {wanted!r}": "没有任何理由提到 {wanted!r}",
    "it cannot be judged: {problem}": "无法判断：{problem}",
    "{count} of {wanted} approvals": "批准 {count}/{wanted} 人",
    "{message} by {roles}": "{message}，须由 {roles} 批准",
    "each level needs a person of its own: {levels}": "各级须由不同的人批准：{levels}",
    "{level} was passed by the workflow, not by a person": "{level} 由工作流自动通过，不是人批准的",
    "held until somebody releases it": "扣住，待有权者放行",
    "{level} decided {decision}": "{level} 的决定为 {decision}",
    "{level} has not decided": "{level} 尚未审批",
    "{what}: needs a list, each starting with -": "{what}: 须为列表，每项以 - 开头",
    # document files: hub.mapping.document, document_fit and their examples
    "A document file": "文书文件",
    "A copy": "每份副本",
    "A term": "每条条款",
    "copies: needs at least one: - {{copy: customer, to: customer.name}}": (
        "copies: 至少要有一份：- {{copy: customer, to: customer.name}}"
    ),
    "More than {most} copies.": "副本超过 {most} 份。",
    "More than {most} terms.": "条款超过 {most} 条。",
    "There are two copies named {name}.": "有两份副本都叫 {name}。",
    "copy: cannot be {name!r}; use lower-case letters, digits, - and _, 40 at most.": (
        "copy: 不能是 {name!r}；请用小写字母、数字、- 和 _，至多 40 个字符。"
    ),
    'to: needs a path, or {{text: "…"}} with paths in braces.': (
        'to: 须为路径，或 {{text: "…"}}，其中路径写在大括号里。'
    ),
    "is empty": "为空",
    "Add document: NAME to the route.": "请在路由中加上 document: 名称。",
    "{step} takes a copy along, but the route has no document:.": (
        "{step} 要随附副本，但路由没有 document:。"
    ),
    "{document} has no copy {name}.": "{document} 没有副本 {name}。",
    "There is no document {name}.": "没有文书 {name}。",
    "{mapping} sends the file of a document, and {route} has none.": (
        "{mapping} 要发送文书文件，但 {route} 没有文书。"
    ),
    "No route of {mapping} has a document, so $document.{name} is empty.": (
        "用到 {mapping} 的路由都没有文书，因此 $document.{name} 为空。"
    ),
    "A test needs copies: or terms:, or else expect_error:": (
        "每个测试须有 copies: 或 terms:，否则须有 expect_error:"
    ),
    "a fault {code} was expected, but the document can be issued": (
        "应出现错误 {code}，但文书可以出具"
    ),
    # hub.flow.gates, release, decisions
    "Gate {gate} denies it: {reasons}": "关卡 {gate} 不允许：{reasons}",
    "{gate} denies revision {revision}: nobody releases it. Correct the record at its source; "
    "the new revision is judged anew.": (
        "{gate} 不允许第 {revision} 版，任何人都不能放行。请在来源处改正，新版本将重新判断。"
    ),
    "A person holds the record as well: release {other} before {id}.": (
        "该单据另被人工扣住：请先放行 {other}，再放行 {id}。"
    ),
    "{id} was held by hand: release it, or cancel its deliveries.": (
        "{id} 是人工扣住的：请放行，或取消其投递。"
    ),
    "{id} takes no approvals; release it or refuse it.": "{id} 不接受批准，请放行或拒绝。",
    "{number} is held by hand already; see `hub gate list`.": (
        "{number} 已被人工扣住，见 `hub gate list`。"
    ),
    "{id} is {state} already; `hub gate show` tells by whom.": (
        "{id} 已是 {state}；由谁决定，见 `hub gate show`。"
    ),
    "Revision {revision} of {number} has come since; {id} is about revision {old}.": (
        "{number} 已有第 {revision} 版，而 {id} 针对第 {old} 版。"
    ),
    "Several records have the number {number}: {owners}. Name one with --kind.": (
        "单号 {number} 对应多张单据：{owners}。请用 --kind 指明。"
    ),
    "{actor} has approved it already; it takes others.": "{actor} 已批准过，还须由他人批准。",
    "{path}: {problem}": "{path}：{problem}",
    "There is no gate {name}. {hint}": "没有关卡 {name}。{hint}",
    "A question needs record:, or connection:, stream: and item: of a stream.": (
        "询问须含 record:，或数据流的 connection:、stream: 与 item:。"
    ),
    "No mapping makes a {record} of what {stream} of {connection} brings.": (
        "没有映射能把 {connection} 的 {stream} 转为 {record}。"
    ),
    "the hub could not look at it in time": "中枢未能及时判断",
    "{mapping} leaves it out": "映射 {mapping} 不处理此单据",
    "link missing: {links}": "缺少对照：{links}",
    "{id} is held by a gate. Release it: `hub gate release {hold} --reason …`.": (
        "{id} 被关卡扣住。放行：`hub gate release {hold} --reason …`。"
    ),
    # hub.service.gating
    "{actor} may not {what} what {gate} holds; it takes one of these roles: {roles}.": (
        "{actor} 无权对关卡 {gate} 扣住的内容执行 {what}；须有以下角色之一：{roles}。"
    ),
    "Nobody may release what {gate} holds: its file names no roles. What it needs must come; "
    "`hub gate show` tells it.": (
        "关卡 {gate} 扣住的内容无人可以放行：其文件未写角色。须补齐所缺，见 `hub gate show`。"
    ),
    "An approval needs a person, and nobody has shown who asks. Set HUB_TOKEN.": (
        "批准须由本人作出，而未表明是谁。请设置 HUB_TOKEN。"
    ),
    "This needs {name!r}, and not an empty one.": "此操作须有 {name!r}，且不可为空。",
    # hub.web.api.
    "There is no {what} {name}. {hint}": "没有名为 {name} 的{what}。{hint}",
    "connection": "连接",
    "gate": "关卡",
    "schedule": "计划任务",
    "message": "消息",
    "delivery": "投递",
    "record": "单据",
    "hold": "关卡扣住的事项",
    "watch": "监视事项",
    "Near it: {near}.": "相近的有：{near}。",
    "Lists give ids and numbers.": "编号与单号见列表。",
    # hub.service.reasons
    "rejected": "被对方拒绝",
    "conflict": "对方单据已变",
    "mapping": "报文无法生成",
    "configuration": "配置有误",
    "outcome_unknown": "结果不明",
    "period_closed": "会计期间已关闭",
    "poison": "反复中断",
    "deadline": "超过期限",
    "payload_erased": "报文已清除",
    "gate_refused": "被关卡拒绝",
    "{levels} were decided by the same person": "{levels} 由同一人决定",
    "approval: {lacking}": "审批：{lacking}",
    "gate {gate}: refused by {person}": "关卡 {gate}：已由 {person} 拒绝",
    "gate {gate}: {reasons}": "关卡 {gate}：{reasons}",
    "gate passed": "关卡已通过",
    "link missing: {commands}; and {count} more": "缺少对照：{commands}；另有 {count} 项",
    "link missing: {commands}": "缺少对照：{commands}",
    "reply_awaited: no delivery has this ticket or key yet": "等待：尚无投递有此回执号或键",
    "duplicate: nothing new in it": "重复：没有新内容",
    "duplicate: already planned": "重复：已计划",
    "stale: a newer revision is here": "过时：已有新版",
    "echo: we wrote this ourselves": "回声：由中枢自己写入",
    "recorded: no route takes it": "已入账：没有路由处理",
    "revoked before it came": "到达前已被撤销",
    "revoked before approval": "审批前已被撤销",
    "revoked: revision {revision}": "已撤销：第 {revision} 版",
    "revision_conflict: revision {revision} came again with other content": (
        "版本冲突：第 {revision} 版再次到达，内容不同"
    ),
    "before_since: the hub takes what changed since {since}": (
        "早于起始时间：中枢只受理 {since} 之后的变更"
    ),
    "out_of_scope: no mapping takes it": "不在范围：没有映射处理",
    "out_of_scope: the source no longer shows it": "不在范围：来源已不再显示",
    "out_of_scope: {mapping}": "不在范围：{mapping}",
    "mapping: {problem}": "映射：{problem}",
    "document: {problem}": "文书：{problem}",
    "configuration: {problem}": "配置：{problem}",
    "not fetched: {problem}": "未能取数：{problem}",
    "payload: its content was erased or is damaged; let the source send it again": (
        "报文：内容已清除或损坏，请让来源重新发送"
    ),
    "{record} not yet here": "{record} 尚未到达",
    # hub.service.documents
    "a file of the hub: payload: and its SHA-256": "中枢的文件：payload: 加其 SHA-256",
    "This is not JSON: {problem}.": "这不是 JSON：{problem}。",
    "a value is missing": "缺少值",
    "a comma or a closing bracket is missing": "缺少逗号或右括号",
    "a colon is missing": "缺少冒号",
    'a name in " " is missing': "缺少双引号括起的名称",
    "a comma stands before the end": "结尾前有多余的逗号",
    "something stands behind the end": "结尾之后还有内容",
    'a text has no closing "': "文本缺少右引号",
    "a text goes over the end of its line": "文本中有换行",
    "The document goes too deep.": "报文嵌套过深。",
    "The document holds a number that is too long.": "报文中的数字过长。",
    "The document must be a JSON object: {{ … }}.": "报文必须是 JSON 对象：{{ … }}。",
    "{word} is no number in JSON. Write a number, or null.": (
        "{word} 不是 JSON 数字。请写数字或 null。"
    ),
    "{name} stands twice in one object.": "{name} 在同一对象中出现两次。",
    "{field} is {mask}, from a masked view.": "{field} 为 {mask}，来自已脱敏的视图。",
    "{field} is required.": "{field} 为必填。",
    "{field} is not known.{hint}": "没有字段 {field}。{hint}",
    "{field} must be {type}.": "{field} 须为{type}。",
    "a list: [ … ]": "列表：[ … ]",
    "an object: {{ … }}": "对象：{{ … }}",
    "a text or a number": "文本或数字",
    # hub.calendars, watches
    "write working hours such as 09:00-18:00, both on one day": (
        "请写工作时段，如 09:00-18:00，起止须在同一天"
    ),
    "{text!r} is no time; write one such as 30 minutes, 2 working hours, 1 working day or 3 days, "
    "of 1 to {most}": (
        "{text!r} 不是时长；请写 30 minutes、2 working hours、1 working day 或 3 days 之类，"
        "数值 1 到 {most}"
    ),
    "A watch file": "监视文件",
    "A name may have {most} characters.": "名称最多 {most} 个字符。",
    "unless: needs key: with the field that names what `when` is known by.": (
        "unless: 须写 key:，即与 when 的单据相认的字段。"
    ),
    "unless: needs within: with a time, such as 2 working hours.": (
        "unless: 须写 within: 时限，如 2 working hours。"
    ),
    "then: needs a list of steps, each with notify:, or to: and operation:": (
        "then: 须为步骤列表，每步写 notify:，或写 to: 与 operation:"
    ),
    "A step of a watch needs notify:, or to: and operation:, not both.": (
        "监视的步骤须写 notify:，或写 to: 与 operation:，不可同时写。"
    ),
    "key: needs one field of the record, such as number.": ("key: 须为单据的一个字段，如 number。"),
    "notify: {one!r} is nobody; write role:NAME or person:ID": (
        "notify: {one!r} 不指任何人；请写 role:角色 或 person:人员"
    ),
    "notify: names nobody; write role:NAME or person:ID": (
        "notify: 没有写任何人；请写 role:角色 或 person:人员"
    ),
    "{mapping} makes no documents for {operation}.": "{mapping} 不为 {operation} 生成报文。",
    "at: and deadline: of a test go together.": "示例的 at: 与 deadline: 须同时写。",
    "{word}: needs a time such as 2026-11-20 17:00.": "{word}: 须为时间，如 2026-11-20 17:00。",
    "expected {expected}, got {got}": "应为 {expected}，实为 {got}",
    "deadline: expected {expected}, got {got}": "deadline: 应为 {expected}，实为 {got}",
    "{until} is over already; name a later time.": "{until} 已过；请写更晚的时间。",
    "{id} is not late as far as is known; snooze it instead.": (
        "{id} 目前并未超时；可改用暂缓提醒。"
    ),
    "{id} was acknowledged before, by {by}.": "{id} 已由 {by} 确认。",
    "Nothing is watched as {id}. Run `hub watch list`.": (
        "没有监视事项 {id}。用 `hub watch list` 查看。"
    ),
    "{id} is {state}; nothing is waited for any more.": "{id} 状态为 {state}，已不再等待。",
    "{title}: nothing is waited for any more because of {about} {key}.": (
        "{title}：不再因 {about} {key} 等待。"
    ),
    "{title}: {about} {key} is here, and its {missing} is not; {minutes} minutes late.": (
        "{title}：{about} {key} 已到，其 {missing} 未到，已超时 {minutes} 分钟。"
    ),
    "{title}: the {missing} of {about} {key} is here by now.": (
        "{title}：{about} {key} 的 {missing} 现已到。"
    ),
    "Nothing that hub.yaml configures brings {record} with {key}: the watch {watch} can never "
    "tell.": "hub.yaml 配置的连接都不会带来含 {key} 的 {record}：监视 {watch} 永远无法判断。",
    "Configure a connection whose mapping fills it, or take the file away.": (
        "请配置映射中填有该字段的连接，或移走此文件。"
    ),
    "calendar: hub.yaml has no calendar of {name}.": "calendar: hub.yaml 没有 {name} 的日历。",
    "{until} is more than a year away.": "{until} 在一年以后。",
    "Not one thing is watched as {id}. Run `hub watch list`.": (
        "没有监视事项 {id}，或不止一项。用 `hub watch list` 查看。"
    ),
    "Say why; the reason is kept with it.": "请写理由；理由会随之保存。",
    # documents as people act on them
    "document": "文书",
    "A document is revoked as a whole, not one copy of it. Leave out /C{copy} if that is meant.": (
        "文书只能整份撤销，不能只撤销一份副本。如确要撤销，请去掉 /C{copy}。"
    ),
    "A recipient has at most {most} characters, and this one {count}. Shorten it.": (
        "收件人最多 {most} 字，现为 {count} 字，请缩短。"
    ),
    "content is no base64.": "content 不是有效的 base64。",
    "Send the file as the body itself, not as a form.": "请直接以请求体发送文件，不要用表单。",
    # hub.flow.documents, papers, checking
    "{number} changes again and again while it is printed. Try once more.": (
        "{number} 在印制期间不断变化，请重试。"
    ),
    "There is no {kind} {number}. `hub record list` shows what there is.": (
        "没有 {kind} {number}；`hub record list` 可查看已有单据。"
    ),
    "{kind} {number} came from several connections: {connections}. Name one with --connection.": (
        "{kind} {number} 来自多个连接：{connections}。请用 --connection 指定其一。"
    ),
    "{number} has no revision {revision}.": "{number} 没有版本 {revision}。",
    "Revision {revision} of {number} was revoked. Have a new revision approved.": (
        "{number} 的版本 {revision} 已撤销，请审批新版本。"
    ),
    "Revision {revision} of {number} is outdated; the newest one is {newest}.": (
        "{number} 的版本 {revision} 已过时，最新版本为 {newest}。"
    ),
    "No route with a document takes {kind} {number} as it stands. It may not be approved yet; "
    "otherwise write `document:` into the route that carries it.": (
        "{kind} {number} 目前没有带文书的路由受理。可能尚未批准；否则请在其路由中写 `document:`。"
    ),
    "{number} is not approved: {missing}. Its document is issued by itself once it is.": (
        "{number} 尚未批准：{missing}。批准后文书会自动出具。"
    ),
    "a gate or something else still holds it": "仍被关卡或其他事项拦住",
    "The content of {number} was erased; no copy can be made.": (
        "{number} 的内容已删除，无法再出副本。"
    ),
    "{number} is {state}; copies are made of documents in force.": (
        "{number} 的状态为 {state}；只能为现行有效的文书出副本。"
    ),
    "There is no document {number}. `hub document list` shows what there is.": (
        "没有文书 {number}；`hub document list` 可查看已有文书。"
    ),
    "{number} was revoked before.": "{number} 此前已撤销。",
    "Documents need a hub.yaml.": "文书功能需要 hub.yaml。",
    "{count} numbers drawn for a document were all taken.": (
        "为一份文书抽取的 {count} 个编号均已被占用。"
    ),
    "The document {number} of this revision was revoked. Have a new revision approved.": (
        "此版本的文书 {number} 已撤销，请审批新版本。"
    ),
    **RECONCILIATION,
    **TABLES,
}
