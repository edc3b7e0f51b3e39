"""The help of the command line in Chinese, by the English it stands for."""

from __future__ import annotations

from collections.abc import Mapping

#: English help, as commands and options carry it → Chinese.
HELP_ZH: Mapping[str, str] = {
    # root
    "Accord Hub carries approved commitments to every system that must keep them.": (
        "守诺中枢：把已批准的承诺送达每一个须履行它的系统。"
    ),
    "Settings file; otherwise HUB_CONFIG or ./hub.yaml.": (
        "配置文件；默认取 HUB_CONFIG 或 ./hub.yaml。"
    ),
    "Language; otherwise HUB_LANG or the locale.": "语言；默认取 HUB_LANG 或系统区域设置。",
    "Show the traceback of an internal error.": "内部错误时显示完整堆栈。",
    "Show the version.": "显示版本号。",
    # shared
    "Print one JSON object per line.": "每行输出一个 JSON 对象。",
    "Show at most so many.": "最多显示条数。",
    "Show personal data unmasked.": "显示未脱敏的个人信息。",
    "Only in this state.": "仅此状态。",
    "Only of this connection.": "仅此连接。",
    "Only of this kind.": "仅此类型。",
    "Its id, or an ending of 6 or more characters.": "编号，或其结尾（至少 6 位）。",
    "Its business number.": "业务单号。",
    "Name of the connection.": "连接名称。",
    "Seconds to wait.": "等待秒数。",
    # init, run, check, backup
    "Write hub.yaml, the master key and a folder for mappings. Nothing is overwritten.": (
        "写入 hub.yaml、主密钥和映射文件夹；不覆盖任何已有文件。"
    ),
    "Where to write; made if need be.": "写入的文件夹；没有则创建。",
    "Short name of the company: 1 to 12 of A-Z and 0-9.": "公司简称：1 至 12 位 A-Z、0-9。",
    "With connections to a CRM, an ERP and a WMS.": "附带 CRM、ERP、WMS 示例连接。",
    "Run the hub: take webhooks, poll, route, deliver, read back, seal.": (
        "运行中枢：接收回调、轮询、路由、投递、回读、加封。"
    ),
    "Check settings, connections, mappings and routes; every fault with its place.": (
        "检查配置、连接、映射与路由；逐条给出错误位置。"
    ),
    "Copy the store, also while the hub runs.": "备份存储；运行中也可执行。",
    "File to write; it must not exist yet.": "目标文件；不得已存在。",
    # status, doctor
    "Show how many are in which state; exit code 1 where something waits for a person.": (
        "显示各状态数量；有待人工处理的事项时退出码为 1。"
    ),
    (
        "Look at settings, key, mappings, store, disk, clock and every connection.\n\n"
        "Exit code 0 fine, 1 findings, 2 wrong configuration, 4 something cannot be reached."
    ): (
        "检查配置、密钥、映射、存储、磁盘、时钟和每个连接。\n\n"
        "退出码：0 正常，1 有问题，2 配置错误，4 无法访问。"
    ),
    "Seconds to wait for each connection.": "每个连接的等待秒数。",
    # trace, poll
    "Tell the whole story of a number: who asked and approved, what was sent, answered, read.": (
        "讲述一个单号的全过程：谁提出、谁批准、发了什么、对方怎么答、回读到什么。"
    ),
    "Ask a connection now what changed, and store it.": "立即向连接查询变更并入库。",
    "Only this stream.": "仅此数据流。",
    "Begin at this date or time, not where polling has got to; 1970-01-01 brings all.": (
        "从此日期或时间开始，而非上次轮询之处；1970-01-01 表示全部。"
    ),
    # connection
    "Connections: the configured accounts.": "连接：已配置的账号。",
    "List the connections, and which of them are paused or held.": (
        "列出连接，及其中已暂停或暂缓的。"
    ),
    "Ask the far end whether it can be reached with these settings; it changes nothing there.": (
        "测试按当前配置能否访问对方；不改动对方任何数据。"
    ),
    "Send and poll nothing until it is resumed; deadlines stand still.": (
        "暂停发送与轮询，直到恢复；期间时限停止计算。"
    ),
    "Why; whoever looks sees it.": "原因；查看者可见。",
    "Let a paused connection go on.": "恢复已暂停的连接。",
    # connector
    "Connectors: what can be connected.": "连接器：可对接的产品。",
    "List the installed connectors.": "列出已安装的连接器。",
    "Show what a connector can and cannot do, and which settings it takes.": (
        "显示连接器能做什么、不能做什么，以及配置项。"
    ),
    "Name of the connector.": "连接器名称。",
    "Write a connector that works, with its simulator and tests, to be changed into yours.": (
        "生成可运行的连接器骨架（含模拟器与测试），供修改。"
    ),
    "Name in small letters, such as acme_erp.": "小写名称，如 acme_erp。",
    "crm, erp, wms, finance, im, credit, rates or files.": (
        "crm、erp、wms、finance、im、credit、rates 或 files。"
    ),
    # message
    "The inbox: facts as received.": "收件箱：收到的原始消息。",
    "List messages, the newest first.": "列出消息，新的在前。",
    "Show one message with what it brought.": "显示一条消息及其内容。",
    "Take a failed, ignored or waiting message up again, with the mappings in force.": (
        "按现行映射重新处理失败、已忽略或等待中的消息。"
    ),
    # delivery
    "The outbox: what goes to the connections.": "发件箱：发往各连接的投递。",
    "List deliveries, the newest first.": "列出投递，新的在前。",
    "Only of the record of this number.": "仅此单号的投递。",
    "Show one delivery: its document, its attempts, what was said and read back.": (
        "显示一个投递：报文、历次尝试、对方应答与回读结果。"
    ),
    "Only its document, as `edit --file` takes it.": "只输出报文，可供 `edit --file` 使用。",
    "Try a dead delivery again, or let one go that is held for a person.": (
        "重试死信投递，或放行等待人工的投递。"
    ),
    "Map it anew with the mappings in force.": "按现行映射重新生成报文。",
    "Replace the document of a dead delivery that was surely not applied, and try it again.": (
        "替换确定未生效的死信投递的报文，并重试。"
    ),
    "JSON file with the whole new document.": "含完整新报文的 JSON 文件。",
    "Count a delivery as done by hand: what waits for it goes on.": (
        "标记为已人工完成；等待它的投递继续。"
    ),
    "Their id of what was made by hand; later revisions change it, a revocation takes it back.": (
        "人工所建对象的对方编号；后续版本将更新它，撤销时将收回它。"
    ),
    "Why; it is kept with the delivery.": "原因；与该投递一同留存。",
    "Do not do it, nor the steps after it.": "取消它及其后续步骤。",
    # record, link
    "Records: what the hub knows.": "标准单据：中枢已知的业务单据。",
    "List records, the last changed first.": "列出单据，最近变更的在前。",
    "Show the records of a number with their latest revision.": "显示单号对应的单据及其最新版本。",
    "Links: our handle of an object and their id of it.": "对照：我方标识与对方编号。",
    "List links, the last changed first.": "列出对照，最近变更的在前。",
    "Say which object at a connection is ours; deliveries that wait for it go on.": (
        "登记对方对象与我方标识的对照；等待它的投递继续。"
    ),
    "Kind of the object, such as customer.": "对象类型，如 customer。",
    "Our number of it.": "我方编号。",
    "The connection's own id of it.": "对方编号。",
    # ledger
    "The ledger: a chain of facts.": "台账：环环相扣的事实链。",
    "List what was noted, the newest first. `--kind todo` is what a person should look at.": (
        "列出台账条目，新的在前；`--kind todo` 为需人工核查的事项。"
    ),
    "Only this kind, or all before its dot: delivery.dead, todo.": (
        "仅此类别，或点号之前的一类：delivery.dead、todo。"
    ),
    "Only of so many days.": "仅最近的天数。",
    "Recompute the whole chain; exit code 1 where an entry does not fit.": (
        "重算整条链；有条目不符时退出码为 1。"
    ),
    "First give what is new its place in the chain.": "先为新条目加封。",
    "Print every sealed entry in order, one JSON object per line.": (
        "按顺序输出全部已加封条目，每行一个 JSON 对象。"
    ),
    "Begin after this entry.": "从该序号之后开始。",
    # map
    "Mappings and routes.": "映射与路由。",
    "List mappings and routes, with where each comes from.": "列出映射与路由及其来源。",
    "Check the mapping files; every fault with its place.": "检查映射文件；逐条给出错误位置。",
    "Run the examples that stand in the mapping files; exit code 1 where one fails.": (
        "运行映射文件中的示例；有失败时退出码为 1。"
    ),
    # store
    "The database: schema, size, pruning.": "数据库：结构、规模、清理。",
    "Make the store, or bring its schema up to this version. Stop the hub first.": (
        "创建存储，或升级其结构到当前版本；请先停止中枢。"
    ),
    "Show how much is stored.": "显示存储规模。",
    "Remove what is finished and old. The ledger and the dedupe keys stay.": (
        "清理已完成的旧数据；台账与去重键保留。"
    ),
    "Keep what is younger.": "保留最近的天数。",
    # demo
    "Watch the hub at work with three simulated systems.": "观看中枢与三个模拟系统协同工作。",
    "How many to ask for.": "提交的承诺数量。",
    "End after so many seconds, whatever is going on.": "到达秒数后结束，不论进展。",
    "The same seed tells the same story.": "种子相同，剧情相同。",
    "No screen; exit 1 if anything is lost or done twice.": (
        "不显示画面；有丢失或重复时退出码为 1。"
    ),
    "The last line is the verdict as a JSON object.": "最后一行以 JSON 对象给出结论。",
    "Folder to make the demo in and keep.": "演示所用文件夹，结束后保留。",
    "simulated, or the name of the ERP's connector to run the real one.": (
        "simulated，或填写 ERP 连接器名称以运行真实产品。"
    ),
    "Start the far ends of a kept demo again, on the same ports, until Ctrl-C.": (
        "在原端口重新启动已保留演示的各系统，直到 Ctrl-C。"
    ),
    "Folder of a demo made with --keep.": "用 --keep 保留的演示文件夹。",
}
