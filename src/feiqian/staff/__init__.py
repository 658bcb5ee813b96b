"""Staff: the operator's own people, who sign in to the console; what each role may do, and what is noted of it.

It knows no payer and no payee: it says who asks, and whether that person may. What is done then is the issuer's, the
acquirer's or the audit log's.
"""
