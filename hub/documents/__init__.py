"""Watermarked documents: an approved commitment as an annex that anybody can check.

A number is drawn for each revision of a commitment, its content is frozen, and an annex is printed
for each recipient (a copy). The register of all of them is the ledger. Nothing here knows the
store: `hub.flow.documents` issues, `hub.flow.checking` looks up.

    number    the watermark number            annex      content and copy → PDF
    keys      HMAC and seal keys              reading    what a file from outside shows
    codes     what the QR codes say           verdict    what a look at paper or file proves
    content   what is frozen, as JSON         fonts, printable   which characters can be printed
"""
