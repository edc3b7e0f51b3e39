"""Files from outside, looked at in a process of their own that may do little and may die.

    seen        what a look tells             sniff      what a file is, by its first bytes
    reader      asks the process, limits it   pdf        pages, attachment, text, codes of a PDF
    server      forks a child for each file   picture    photos and scans
    answer      what the child may say        symbols    QR codes on a picture
    refusals    why a file was not read

A file may be made to break what reads it. It is therefore read by a child without files, network
or secrets, whose memory and time are limited; its end is told as an error and ends nothing else.
"""

from hub.documents.reading.reader import Limits, Reader
from hub.documents.reading.seen import Seen, SeenCode

__all__ = ["Limits", "Reader", "Seen", "SeenCode"]
