"""How bytes travel: as pictures of codes, over the air by tap, over HTTP.

A link carries bodies and knows nothing of payments; what a body means is for protocol to say. Importing this
package is cheap: each part loads its outside libraries when it is used.
"""

import sys

# httpx loads a command line of its own, and with it click, pygments and rich, wherever they are installed: half of its
# loading time, and nobody calls it here. It is told that this part is missing, which it is prepared for.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
