"""Policy enforcement points for applications: Starlette and FastAPI, Django, SQLAlchemy.

`asking` has what all of them share: a question, its answer, and who decides (`local`, or `remote` over AuthZEN).
`acting` says who is acting, `starlette`, `django` and `sqlalchemy` stand in the way of requests and statements.
"""
