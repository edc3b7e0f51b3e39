"""What a file from outside shows: read in a child process with limits.

look      bytes → what is seen; pure, and may be killed by what it reads
server    a small process that forks one child for each file
reader    the side of the hub: frames, time-outs, restarts
"""

from hub.documents.reading.reader import Reader
from hub.documents.reading.seen import Seen, SeenCode

__all__ = ["Reader", "Seen", "SeenCode"]
