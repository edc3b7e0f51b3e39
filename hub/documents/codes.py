"""What the QR codes of an annex say: a short code on every page, an offline seal on the last."""
