"""What the public page says, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from hub.language import Language


def text(language: Language, key: str, /, **values: object) -> str:
    """Return a text with its placeholders filled."""
    english, chinese = TEXTS[key]
    return (chinese if language is Language.ZH else english).format(**values)


#: Key → English, Chinese.
TEXTS: Mapping[str, tuple[str, str]] = {
    "brand": ("Check a document", "文书核验"),
    "lead": (
        "Type the number printed on the paper, or choose the PDF or a photo of the page.",
        "输入纸面上的水印编号，或选择 PDF 文件或页面照片。",
    ),
    "number": ("Watermark number", "水印编号"),
    "file": ("PDF, photo or scan", "PDF、照片或扫描件"),
    "check": ("Check", "核验"),
    "again": ("Check another one", "再核验一份"),
    "kept": (
        "A file is looked at and not kept. Every check is noted with its serial.",
        "文件仅供查看，不留存；每次核验记录流水号。",
    ),
    "serial": ("Serial of this check", "核验流水号"),
    # verdicts: word, then sentence
    "genuine": ("Genuine and in force", "真实，现行有效"),
    "genuine.says": (
        "This file is, byte for byte, the copy that was issued, and it is in force.",
        "此文件与出具的副本逐字节一致，现行有效。",
    ),
    "genuine_superseded": ("Genuine, but no longer in force", "真实，但已被取代"),
    "genuine_superseded.says": (
        "This file is what was issued, but a newer document has taken its place.",
        "此文件确为所出具的副本，但已有新版本取代。",
    ),
    "genuine_revoked": ("Genuine, but revoked", "真实，但已撤销"),
    "genuine_revoked.says": (
        "This file is what was issued, but it was revoked. Do not rely on it.",
        "此文件确为所出具的副本，但已撤销，请勿依据。",
    ),
    "record_only": ("Registered. Compare the paper", "已登记，请对照纸面"),
    "record_only.says": (
        "A document with this number is registered. Whether the paper in your hand says the same "
        "only you can see: compare it line by line.",
        "该编号的文书已登记。您手中的纸面是否一致只有您能看到，请逐行对照。",
    ),
    "record_only.superseded": ("Registered, but superseded", "已登记，但已被取代"),
    "record_only.revoked": ("Registered, but revoked", "已登记，但已撤销"),
    "bound": ("This file is bound to a contract", "此文件已与合同绑定"),
    "bound.says": (
        "It is, byte for byte, the file that came with the contract. The hub does not say who made "
        "or signed it.",
        "此文件与随合同提交的文件逐字节一致。本页不说明由谁制作或签署。",
    ),
    "altered": ("Not what was issued", "与所出具的不符"),
    "altered.says": (
        "It carries a number or code of ours, but it is not what was issued: it was changed, saved "
        "anew, or the code was put on another paper. Do not rely on it.",
        "其上有本方编号或二维码，但并非所出具的文件：被改动、另存，或二维码被移到别的纸上。请勿依据。",
    ),
    "unknown": ("Unknown", "未登记"),
    "unknown.says": (
        "Nothing is registered here by what you gave. Ask whoever gave you the paper.",
        "按您提供的内容查不到登记。请向交付纸面的一方核实。",
    ),
    "bad_check_digit": ("Mistyped", "编号有误"),
    "bad_check_digit.says": (
        "The check digits do not fit: a digit was mistyped. Compare the number with the paper.",
        "校验位不符，编号输入有误。请与纸面核对。",
    ),
    "unreadable": ("Nothing could be read", "无法读取"),
    "unreadable.says": (
        "No code could be read from it. Take the photo straight from above, in good light, with "
        "the whole page on it; or type the number.",
        "未能读出二维码。请在光线充足处正对纸面拍下整页，或改为输入编号。",
    ),
    "conflict": ("Contradictory", "相互矛盾"),
    "conflict.says": (
        "What is on it contradicts itself or the register. Do not rely on it; tell the issuer the "
        "serial below.",
        "其内容自相矛盾或与登记不符。请勿依据，并将下方流水号告知出具方。",
    ),
    # reasons
    "reason.token": ("A code on it does not fit what is registered.", "二维码与登记内容不符。"),
    "reason.seal": ("The offline seal on it is none of ours.", "离线印记并非出具方所签。"),
    "reason.seal_differs": (
        "What the offline seal says is not what is registered.",
        "离线印记所载与登记内容不符。",
    ),
    "reason.content": (
        "The attached annex.json is not the registered content.",
        "所附 annex.json 与登记内容不符。",
    ),
    "reason.not_the_file": (
        "The file is none of the files that were issued.",
        "此文件不是任何一份所出具的文件。",
    ),
    "reason.several": (
        "Its codes name different documents or copies.",
        "其上的二维码指向不同的文书或副本。",
    ),
    "reason.not_registered": ("Its number is not registered here.", "该编号未在此登记。"),
    "reason.no_such_copy": ("There is no such copy of it.", "没有这一份副本。"),
    "reason.foreign_code": (
        "There is a code of somebody else on it; it was not followed.",
        "其上有他方的二维码，未予跟随。",
    ),
    "reason.no_code": ("No code could be read.", "未能读出二维码。"),
    "reason.unsound": (
        "The register has been tampered with or damaged at this document.",
        "此文书的登记被篡改或损坏。",
    ),
    "reason.erased": (
        "What stood in it was erased by order of the person concerned.",
        "其内容已按当事人要求删除。",
    ),
    # facts
    "fact.number": ("Number", "编号"),
    "fact.title": ("Document", "文书"),
    "fact.state": ("State", "状态"),
    "state.issued": ("in force", "现行有效"),
    "state.superseded": ("superseded", "已被取代"),
    "state.revoked": ("revoked", "已撤销"),
    "fact.issued_at": ("Issued at", "出具时间"),
    "fact.ended_at": ("Ended at", "失效时间"),
    "fact.superseded_by": ("Superseded by", "取代者"),
    "fact.issuer": ("Issued by", "出具方"),
    "fact.customer": ("Customer", "客户"),
    "fact.recipient": ("Copy of", "副本接收方"),
    "fact.revision": ("Revision", "版本"),
    "fact.contract": ("Contract", "合同编号"),
    "fact.record": ("Commitment", "承诺编号"),
    "fact.page": ("This code is for page", "此二维码属于"),
    "page.of": ("page {page} of {pages}", "第 {page} 页，共 {pages} 页"),
    "fact.pages": ("Pages", "页数"),
    "fact.name": ("File", "文件"),
    "fact.origin": ("From", "来源"),
    "fact.amount": ("Amount", "金额"),
    "fact.promised_date": ("Promised date", "承诺日期"),
    "fact.latest_ship_at": ("Ships at the latest", "最迟发货时间"),
    "fact.payment_days": ("Payment days", "账期（天）"),
    "fact.content_sha256": ("SHA-256 of the content", "内容 SHA-256"),
    "compare": ("Compare these lines with your paper", "请与纸面逐行对照"),
    "compare.promise": ("The promise", "承诺内容"),
    "line.line_no": ("Line", "行"),
    "line.item": ("Item", "物料"),
    "line.quantity": ("Quantity", "数量"),
    "line.unit_price": ("Unit price", "单价"),
    "gift": ("gift", "赠品"),
    "hidden": (
        "The issuer does not show what stands in it here.",
        "出具方未在此公开其内容。",
    ),
    "scan": (
        "To see what stands in it, scan the code on the paper.",
        "如需查看所载内容，请扫描纸面上的二维码。",
    ),
    # what it proves
    "proves": ("What this proves", "能证明什么"),
    "proves.file": (
        "That the bytes of the file are those that were issued, to whom, and whether it is in "
        "force now.",
        "证明文件逐字节为所出具者、属于谁的副本，以及此刻是否有效。",
    ),
    "proves.paper": (
        "That such a document exists, which page and whose copy the code was printed for, and "
        "whether it is in force now.",
        "证明该文书存在、二维码印于哪一页和谁的副本，以及此刻是否有效。",
    ),
    "proves.number": (
        "That such a document exists, and whether it is in force now.",
        "证明该编号的文书存在，以及此刻是否有效。",
    ),
    "not": ("What it does not prove", "不能证明什么"),
    "not.file": (
        "Nothing about a print of it: check a print by its code.",
        "不涉及其打印件：打印件请扫描其二维码核验。",
    ),
    "not.paper": (
        "That the rest of the paper is unaltered: a genuine code can be copied onto another page. "
        "Compare the lines.",
        "不能证明纸面其余内容未被改动：真实的二维码可被复制到别的纸上，请逐行对照。",
    ),
    "not.number": (
        "Anything about the paper the number was read from.",
        "不涉及读取编号的那张纸本身。",
    ),
    # refusals
    "wait.title": ("Please wait", "请稍候"),
    "wait": (
        "Too many checks at the moment. Try again in {seconds} seconds.",
        "核验次数过多，请 {seconds} 秒后再试。",
    ),
    "nothing.title": ("Nothing to check", "没有可核验的内容"),
    "nothing": (
        "Type a number or choose a file, then press Check.",
        "请输入编号或选择文件，再按核验。",
    ),
    "large.title": ("The file is too large", "文件过大"),
    "large": ("A file may have {most} MiB.", "文件不得超过 {most} MiB。"),
    "broken.title": ("The form could not be read", "无法读取表单"),
    "broken": ("Send it once more, with one file.", "请重新提交，每次一个文件。"),
    "away.title": ("Not available now", "暂不可用"),
    "away": (
        "Documents cannot be checked here at the moment. Try again later, or ask the issuer.",
        "目前无法在此核验，请稍后再试，或向出具方查询。",
    ),
    "none.title": ("There is no such page", "没有此页"),
    "none": ("The address is wrong. Scan the code once more.", "地址有误，请重新扫描。"),
    "method.title": ("Not done here", "此处不可这样操作"),
    "method": ("This page is read, or sent a form.", "此页仅供查看或提交表单。"),
}
