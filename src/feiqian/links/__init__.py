"""How bytes travel: as pictures of codes, over the air by tap, over HTTP.

A link carries bodies and knows nothing of payments; what a body means is for protocol to say. Importing this
package is cheap: each part loads its outside libraries when it is used.
"""
