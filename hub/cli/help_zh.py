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
        "Look at settings, key, mappings, store, disk, clock, people, alerts, every connection.\n\n"
        "Exit code 0 fine, 1 findings, 2 wrong configuration, 4 something cannot be reached."
    ): (
        "检查配置、密钥、映射、存储、磁盘、时钟、人员、告警和每个连接。\n\n"
        "退出码：0 正常，1 有问题，2 配置错误，4 无法访问。"
    ),
    "Seconds to wait for each connection.": "每个连接的等待秒数。",
    # todo, schedule
    "List what waits for a person: since when, for whom, and the command that settles it.": (
        "列出待人处理的事项：从何时起、待谁处理、用哪条命令处理。"
    ),
    "Only what is for this role or person; me: whose token it is.": (
        "仅此角色或人员的事项；me 指令牌所属的人。"
    ),
    "Schedules: what the hub does by itself.": "计划任务：中枢按时自动执行的工作。",
    "List the schedules: when each runs next, when it ran last and how that ended.": (
        "列出计划任务：下次何时运行、上次何时运行及结果。"
    ),
    "Run a schedule now; its next turn stays when it is.": (
        "立即运行一次计划任务；下次运行时间不变。"
    ),
    "Its name in hub.yaml; `poll NAME` for a poll.": (
        "在 hub.yaml 中的名称；轮询则写 `poll 连接名`。"
    ),
    (
        "Let a connection send that was in mode observe, once hub.yaml has it live.\n\n"
        "Without a decision it shows how many deliveries wait, by operation, and changes nothing."
    ): (
        "让旁观（observe）过的连接正式上线；须先在 hub.yaml 中改为 live。\n\n"
        "不作决定时，只按操作列出积压投递数，不作任何改动。"
    ),
    "Send what was planned meanwhile.": "发送旁观期间积压的投递。",
    "Cancel it, with the steps that come after it.": "取消积压的投递及其后续步骤。",
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
    "Show what a connector can and cannot do, its settings, and the fields of its documents.": (
        "显示连接器能做什么、不能做什么、配置项，以及单据的字段。"
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
    "Set a failed message aside that nobody can mend; watches no longer wait for it.": (
        "将无法修复的失败消息搁置；监视不再等它。"
    ),
    "Why; it is kept with the message.": "原因；随消息留存。",
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
    "Only of our number.": "仅此我方编号。",
    "Set all links of a table at once; one fault in it, and none is written.": (
        "一次登记表格中的全部对照；有一处错误则全部不写入。"
    ),
    "CSV or XLSX with the columns connection, kind, handle, external_id.": (
        "CSV 或 XLSX，含列 connection、kind、handle、external_id。"
    ),
    "Connection of all rows; the column may be left out.": "各行共用的连接；可省去该列。",
    "Kind of all rows; the column may be left out.": "各行共用的类型；可省去该列。",
    "Only say what it would change.": "只说明将变更什么，不写入。",
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
    "Check the mapping files, then run their tests; every fault with its place.\n\n"
    "Exit code 1 where there is a fault.": (
        "检查映射文件并运行其中的测试；逐条给出错误位置。\n\n有错误时退出码为 1。"
    ),
    "Files or folders, laid over all others; otherwise the folder of hub.yaml.": (
        "文件或文件夹，覆盖同名的其他文件；缺省为 hub.yaml 的映射文件夹。"
    ),
    "human, json, github or junit.": "输出格式：human、json、github 或 junit。",
    "Repair what is safe to repair, and show what changed.": "修复可以安全修复的内容，并显示改动。",
    "All columns, on a terminal too.": "列出全部列，在终端上也如此。",
    "Warnings are faults too.": "警告也算错误。",
    "Only tests with this in their name.": "仅运行名称包含此文字的测试。",
    "Make the tests expect what the mappings make.": "让测试的期望值与映射结果一致。",
    "Update without asking.": "不询问，直接更新。",
    "List the rules and table entries no test touches.": "列出没有测试涉及的规则与表条目。",
    "Print the JSON Schema of mapping files: editors complete and check by it.": (
        "输出映射文件的 JSON Schema，供编辑器补全与检查。"
    ),
    "File to write it to; otherwise it is printed.": "写入的文件；缺省为直接输出。",
    "That of routes.": "输出路由文件的 Schema。",
    "That of gates.": "输出关卡文件的 Schema。",
    "That of watches.": "输出监视文件的 Schema。",
    "That of documents.": "输出文书文件的 Schema。",
    # watch
    "Watches: what must follow, and did not yet.": "监视：应有下文而尚未有的单据。",
    "Only in this state; otherwise what still waits.": "仅此状态；缺省为仍在等待的。",
    "Only of this watch.": "仅此监视。",
    "List what is waited for, the newest first: until when, and what is told next.": (
        "列出正在等待的事项，新的在前：期限，以及下次何时通知。"
    ),
    "Show one thing that is waited for, and what was told of it.": (
        "显示一项等待，以及已发的通知。"
    ),
    "Its id, an ending of 6 or more characters, or its key.": (
        "编号、不少于 6 位的结尾，或对应值。"
    ),
    "How long, such as `1 working day`, or until when, such as 2026-12-01.": (
        "暂缓多久，如 `1 working day`；或到何时，如 2026-12-01。"
    ),
    "Be quiet about it for a while; if it is still late then, it is told then.": (
        "暂缓提醒；到时若仍未到，再行通知。"
    ),
    "Say that somebody is at it: nobody is told again, but that it is over.": (
        "表明已有人处理：此后只在结束时再通知。"
    ),
    "Check watch files and run the examples in them; exit code 1 where one fails.": (
        "检查监视文件并运行其中示例；有失败则退出码为 1。"
    ),
    # document
    "Documents: annexes that anybody can check.": "文书：任何人都可核验的合同附件。",
    "Check documents: genuine, unaltered, in force, whose copy.\n\n"
    "Exit code 0: genuine and in force. 1: altered, unknown, superseded, revoked or "
    "contradictory.\n3: nothing readable, or a picture that a person must compare with the "
    "register. Of several the\nworst counts. A check by `--offline` tells of the seal only, not "
    "whether it was revoked since.": (
        "核验文书：真伪、是否改动、是否有效、是谁的副本。\n\n"
        "退出码 0：真实有效；1：被改动、查无、已被取代、已撤销或前后矛盾；"
        "3：无法读取，或图片须由人比对登记内容。多项时取最差者。"
        "`--offline` 只核验离线印记，不知其后是否撤销。"
    ),
    "PDFs, photos or scans; numbers; texts of codes.": "PDF、照片或扫描件；水印编号；二维码内容。",
    "Check only seals, without a hub; takes --keys.": (
        "不连中枢，只核验离线印记；须同时给出 --keys。"
    ),
    "Public keys, from /.well-known/hub-document-keys.json of the hub.": (
        "公钥文件，取自中枢的 /.well-known/hub-document-keys.json。"
    ),
    "Its number, such as HX-2611-4837-2059-1864-10.": ("水印编号，如 HX-2611-4837-2059-1864-10。"),
    "Write the PDF into this folder as well.": "同时把 PDF 写入此文件夹。",
    "Otherwise the newest.": "缺省为最新版。",
    "Make a further copy, for this recipient.": "为此收件人另出一份副本。",
    "Where it comes from, if several brought that number.": "来源连接；多处有同一单号时须指明。",
    "Only say whether it could be issued.": "只说明能否出具。",
    "Issue the document of an approved commitment, or say which one was issued.": (
        "为已审批的承诺出具文书；已出具的说明是哪一份。"
    ),
    "Whose copy it is, as it is printed.": "收件人，将印在副本上。",
    "Make a further copy of a document in force, for another recipient.": (
        "为其他收件人加出现行文书的副本。"
    ),
    "Why; it is kept with the document.": "理由；与文书一同保存。",
    "Take a document out of force, all its copies with it. This is final.": (
        "撤销文书及其全部副本，不可恢复。"
    ),
    "Only the documents of this record.": "仅此单号的文书。",
    "List documents, the newest first.": "列出文书，新的在前。",
    "Show a document: its copies, where it went, and who checked it.\n\n"
    "With `--out` the PDF of each copy is written, or of the copy that the number names.": (
        "显示文书：副本、去向与核验记录。\n\n用 `--out` 写出每份副本的 PDF，或编号所指的那一份。"
    ),
    "List the keys of codes and seals, none of them secret, and say how to change them.": (
        "列出验证码与离线印记的密钥（不含机密），并说明如何更换。"
    ),
    # gate
    "Gates: what is held until it is approved or released.": "关卡：扣住的单据，待批准或放行。",
    "List what gates hold, the newest first: why, for whom, and who may release it.": (
        "列出关卡扣住的事项，新的在前：原因、归谁、谁可放行。"
    ),
    "Only of this gate.": "仅此关卡。",
    "Show one hold: what is missing, who may release it, who decided.": (
        "显示一项：缺什么、谁可放行、由谁决定。"
    ),
    "Why; it is kept with the decision.": "理由；与决定一同保存。",
    "Let what is held go on although something is missing; only the roles of the gate may.": (
        "所缺未齐也予放行；只有关卡所列角色可以。"
    ),
    "Say no: the record is not planned, the step cancelled, the edit taken back.": (
        "拒绝：单据不排入，步骤取消，修改撤回。"
    ),
    "Approve the held revision at the hub, as one of those the gate asks for.": (
        "以关卡所要求的身份，在中枢批准被扣住的版本。"
    ),
    "Kind of the record, where several have the number.": "单据种类；同号有多张时须指明。",
    "Hold a record by hand: nothing of it that was not yet sent goes out until released.": (
        "人工扣住一张单据：尚未发出的内容在放行前都不发出。"
    ),
    "Name of the gate.": "关卡名称。",
    "Say what a gate, as its file stands now, would answer for a stored record.": (
        "按关卡文件的现状，判断一张已存单据会得到什么结果。"
    ),
    "Run the examples that stand in the mapping files; exit code 1 where one fails.": (
        "运行映射文件中的示例；有失败时退出码为 1。"
    ),
    # map apply
    "Check and test the mapping files, and put them in force for all processes of the hub.\n\n"
    "Exit code 1 where others came into force meanwhile, 2 where a file is wrong.": (
        "检查并测试映射文件，通过后对本系统的所有进程生效。\n\n"
        "退出码：1 期间已有其他映射生效；2 文件有错误。"
    ),
    "Check, test and show what would change.": "仅检查、测试并显示将有哪些变化。",
    "Only where these mapping files are still in force.": "仅当指定的映射仍在生效时才应用。",
    # map preview, explain, diff, new
    "Map a document and show what comes of it; nothing is stored or sent.\n\n"
    "Exit code 1 where the document does not fit, 3 where it needs links nobody has written.": (
        "映射一份单据并显示结果；不存储，不发送。\n\n单据不符合时退出码为 1，缺少对照时为 3。"
    ),
    "Name of the mapping.": "映射名称。",
    "JSON file with the document.": "内含单据的 JSON 文件。",
    "Number of a record, or id of a message that came in.": "单据编号，或入站消息的编号。",
    "Id of a delivery, or its ending: its record.": "投递编号或其结尾：取其单据。",
    "Name of a test of the mapping.": "映射中的测试名称。",
    "The way back of a two-way mapping.": "双向映射的反向。",
    "Show how each target field came about: what was read, changed and looked up, and where.\n\n"
    "With --delivery by the files it was mapped with, beside what was stored to be sent.\n"
    "Exit code 1 where the document does not fit, 3 where it needs links nobody has written.": (
        "逐步说明每个目标字段的由来：读取、转换、查表及所在位置。\n\n"
        "加 --delivery 时使用该投递当时的映射，并与已存报文对照。\n"
        "单据不符合时退出码为 1，缺少对照时为 3。"
    ),
    "Target field, such as lines.qty or lines[0].qty.": "目标字段，如 lines.qty 或 lines[0].qty。",
    "List source fields no rule reads, and names nobody uses.": (
        "列出没有规则读取的来源字段，以及无人使用的名称。"
    ),
    "List what the rules decide about personal data instead.": ("改为列出各规则对个人信息的处理。"),
    "Show what other mapping files mean, not how they are written, and which results differ.\n\n"
    "Without arguments: what is in force against the folder. Exit code 1 where they differ.": (
        "比较两套映射文件的含义（不计写法），并列出结果不同之处。\n\n"
        "不带参数时比较已生效的与文件夹中的；有差异时退出码为 1。"
    ),
    "Folder, file, or bundle.": "文件夹、文件或映射包。",
    "The same; both or neither.": "同上；两者都写或都不写。",
    "Own files against the shipped ones of their name.": "自有文件与同名随附文件比较。",
    "Documents to try: last:N records, or a folder; otherwise the tests.": (
        "用于试算的单据：last:N 条记录或文件夹；否则用测试中的单据。"
    ),
    "Begin a mapping file: fields of the same name are filled in, others marked for you.\n\n"
    "Without --output it is printed. `hub map check FILE` says what is left to do.": (
        "生成映射文件的初稿：同名字段自动填写，其余标出待填。\n\n"
        "不加 --output 时直接输出；用 `hub map check 文件` 查看待办事项。"
    ),
    "Name of the new mapping.": "新映射的名称。",
    "Copy a shipped mapping, route or table file into your folder, to be changed there.\n\n"
    "It stands there as it does among the shipped ones, and brings the table files it names.": (
        "把随附的映射、路由或对照表文件复制到自有文件夹，以便修改。\n\n"
        "在自有文件夹中的位置与随附时相同，并带上所引用的对照表文件。"
    ),
    "Name of a shipped mapping or route, or the path of its file.": (
        "随附映射或路由的名称，或其文件路径。"
    ),
    "record:KIND, or CONNECTOR.STREAM for what comes in.": (
        "record:类型；入站时为 连接器.数据流。"
    ),
    "record:KIND, or CONNECTOR.OPERATION for what goes out.": (
        "record:类型；出站时为 连接器.操作。"
    ),
    "File to write; one that is there stays.": "要写入的文件；已有的文件不会覆盖。",
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
    # alert
    "Alerts: what needs a person, and who is told.": "告警：需要人处理的事项，以及通知谁。",
    "List the open alerts, the oldest first, each with the command that helps.": (
        "列出未了结的告警（最早的在前），各附处理命令。"
    ),
    "Those that are over too, the newest first.": "包括已了结的，最新的在前。",
    "Say that you look after an alert: no further notice of it until it is over.": (
        "声明由您处理此告警：了结前不再通知。"
    ),
    "Send a test through every channel; exit code 1 where one does not take it.": (
        "向每个渠道发送一条测试；有渠道未送达时退出码为 1。"
    ),
    "Name of one; otherwise all.": "某一渠道的名称；默认全部。",
    # person
    "Persons of people.yaml, and their tokens.": "people.yaml 中的人员及其令牌。",
    "List persons with the roles they have now, or their tokens; never what proves them.": (
        "列出人员及其当前角色，或其令牌；绝不显示令牌本身。"
    ),
    "Show tokens instead.": "改为显示令牌。",
    "Make a token that proves a person. It is shown once, and only its hash is kept.": (
        "生成证明人员身份的令牌。只显示一次，仅保存其哈希。"
    ),
    "Id of the person; otherwise whoever asks.": "人员编号；默认为请求者本人。",
    "What it is used for.": "用途说明。",
    "How long it counts, such as 90d; at most 366d.": "有效时长，如 90d；最长 366d。",
    "The one user of the operating system who may show it on a command line.": (
        "唯一可在命令行出示它的操作系统用户。"
    ),
    "Keep it for this user's commands; do not print it.": "保存供本用户的命令使用，不显示。",
    "End a token at once.": "立即撤销令牌。",
    "Erase somebody's personal text from what is stored. This cannot be undone.": (
        "从已存数据中抹除某人的个人信息。不可撤回。"
    ),
    "Why, such as the number of the request.": "原因，如申请单号。",
    "Id of a person of people.yaml.": "people.yaml 中的人员编号。",
    "A text as it is stored, such as a name; - reads it from standard input.": (
        "所存的文本，如姓名；写 - 则从标准输入读取。"
    ),
    "That of reconciliations.": "输出对账文件的 Schema。",
    "Reconciliations: do all systems agree, which is wrong, why, and what repairs it.": (
        "对账：各系统是否一致，哪方有误，为何，如何修复。"
    ),
    "Say how commitments are kept: how many, how fast, where time goes, what keeps the others.": (
        "承诺履约健康度：履约多少、多快、时间用在何处、其余因何受阻。"
    ),
    "Of which records.": "何种单据。",
    "Only those that come from there.": "仅限来自该连接的。",
    "Received from then on: a day, or a time such as 6 weeks.": (
        "接收日期不早于：日期，或时长，如 6 weeks。"
    ),
    "Received until then; the day counts. Otherwise today.": "接收日期不晚于（含当日）；默认今日。",
    "What is underway for longer is late.": "在途超过此时长即为逾期。",
    "Tell what became of this one, and all that happened.": "只看这一单：现状与全部经过。",
    "List reconciliations with their last run and open findings.": (
        "列出对账及其最近一次运行与未决差异。"
    ),
    "Check reconciliation files and run the examples in them, without any system.": (
        "检查对账文件并运行其中示例，不连接任何系统。"
    ),
    "Read all sides, compare them, and say what differs and why.": (
        "读取各方并比较，说明何处不符及原因。"
    ),
    "Its name, such as commitments.": "名称，例如 commitments。",
    "Read a side from a CSV or XLSX file instead.": "某一方改为从 CSV 或 XLSX 文件读取。",
    "Go on with a run that was interrupted.": "继续被中断的运行。",
    "Read everything, also where only changes are read.": "全量读取，包括平时只读变更的一方。",
    "Leave alone what changed a moment ago, as the file says.": "按文件规定不计刚刚变动的数据。",
    "Write reports into this folder.": "把报告写入此文件夹。",
    "What to write; may be given several times. Otherwise all.": "报告格式，可多次指定；默认全部。",
    "From which severity on findings make exit code 1.": "自何严重度起以退出码 1 结束。",
    "Compare two spreadsheets. No settings, no store and no connection are needed.": (
        "比较两份电子表格，无须配置、数据库或连接。"
    ),
    "A CSV or XLSX file.": "CSV 或 XLSX 文件。",
    "The file it must agree with.": "须与之一致的文件。",
    "What both are known by, such as number, or number=Contract.": (
        "两份文件按哪一列对应，例如 合同号，或 合同号=Contract。"
    ),
    "What is compared, and how closely: amount~0.01,due~3d. Otherwise all columns "
    "of the same name.": ("比较哪些列及容差：金额~0.01,日期~3d；默认比较所有同名列。"),
    "Line of the header, if the guess is wrong: 3, or 1,3.": (
        "表头所在行（自动判断有误时）：3，或 1,3。"
    ),
    "Sheet of the workbooks; two with a comma.": "工作表名称；两个用逗号分隔。",
    "Keep the comparison as a mapping file.": "把比较保存为对账文件。",
    "Show the report of a run.": "显示一次运行的报告。",
    "A run's id or its ending, or a name: its last run.": (
        "运行的编号或其末尾；或对账名称，即其最近一次运行。"
    ),
    "Show what a run added up by state, period and subject, with rates and how sure they are.": (
        "显示一次运行按状态、期间、主体的金额，以及比率与把握程度。"
    ),
    "Cut by a subject of the file, such as seller.": "按文件中的主体切分，例如 seller。",
    "Periods of the file, such as quarter.": "文件中的期间类别，例如 quarter。",
    "By the date of each state, or by that of the first one.": (
        "按各状态的日期，或按首个状态的日期。"
    ),
    "List findings, the gravest and oldest first.": "列出差异，最严重、最久的在前。",
    "Only of this one.": "仅此对账。",
    "Only with this cause.": "仅此原因。",
    "Also those that are resolved or waived.": "也列出已解决与已豁免的。",
    "Tell the whole story of a finding: what each side says, what was delivered, what is known.": (
        "讲述一条差异的始末：各方取值、投递情况、已知原因。"
    ),
    "A record's number, or the id of a finding.": "单据编号，或差异号。",
    "Note why it is as it is; it is explained from then on.": "注明原因，此后视为已说明。",
    "Who looks after it: role:NAME or person:ID.": "由谁负责：role:角色 或 person:人员。",
    "Say what would repair the open findings; with --apply, do exactly that.": (
        "给出未决差异的修复方案；加 --apply 则按方案执行。"
    ),
    "Only findings with this cause.": "仅此原因的差异。",
    "Only these findings.": "仅这些差异。",
    "Instead of what the file proposes, if it allows it.": "改用文件允许的另一种处理。",
    "Do exactly what the plan of this hash says.": "严格执行此哈希对应的方案。",
    "Only say what it would do, as without --apply.": "只说明将做什么；不带 --apply 时即如此。",
    "Accept a finding for a while and up to an amount; every report shows it all the same.": (
        "在期限与限额内接受一条差异；报告仍会列出。"
    ),
    "Its id, or the first 6 characters or more.": "差异号，或其前 6 位以上。",
    "Why; it is kept with the finding.": "原因，随差异保存。",
    "Until when, such as 2026-12-31 or `30 days`.": "截止时间，例如 2026-12-31 或 `30 days`。",
    "It comes back when it grows over this.": "超过此额时重新出现。",
    "Sign a complete run; preparer and reviewer are two persons.": (
        "签核完整的运行；编制与复核须为两人。"
    ),
    "As who prepared it, or who looked at it.": "以编制或复核身份。",
    "Write the report of a run as HTML, XLSX, CSV, JSON or JSONL.": (
        "把一次运行的报告写成 HTML、XLSX、CSV、JSON 或 JSONL。"
    ),
    "Where to write to.": "写入何处。",
}
