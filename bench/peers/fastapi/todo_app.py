"""The todo API on FastAPI, SQLAlchemy's asyncio and asyncpg, for bench/compare todo. DATABASE_URL says where."""
import os
from datetime import datetime, timedelta, timezone
from typing import Optional

from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel, conint, conlist, constr
from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text, bindparam, cast, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import create_async_engine

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=timezone.utc), timedelta(microseconds=1)
NUMBERS = ("owner_id", "priority", "due_date", "created_at", "version")
TEXTS = ("title", "description", "folded_title", "folded_description")

todos = Table(
    "todos", MetaData(), Column("id", BigInteger, primary_key=True), *(Column(name, BigInteger) for name in NUMBERS),
    *(Column(name, Text) for name in TEXTS), Column("completed", Boolean),
)
columns = [todos.c[name] for name in ("id", "title", "description", "priority", "due_date", "completed", "created_at", "version")]

# For TODO_BULK=unnest: one array for each column, in a statement whose text is always the same.
written = [column.name for column in todos.c if column.name != "id"]
many = func.unnest(*(cast(bindparam(name), ARRAY(todos.c[name].type)) for name in written)).table_valued(*written).render_derived()
insert_all = insert(todos).from_select(written, select(many)).returning(todos.c.id)

# Every request is one statement, so none needs BEGIN and COMMIT of its own: three round trips fewer.
engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgres://", "postgresql+asyncpg://"), isolation_level="AUTOCOMMIT",
    pool_size=20, max_overflow=0, connect_args={"server_settings": {"jit": "off"}},
)
app = FastAPI()
UNNESTED = os.environ.get("TODO_BULK") == "unnest"


class NewTodo(BaseModel):
    title: constr(strip_whitespace=True, min_length=1, max_length=200)
    description: constr(max_length=10_000) = ""
    priority: conint(ge=0, le=9) = 0
    due_date: Optional[datetime] = None
    completed: bool = False


class Todo(BaseModel):
    id: int
    title: str
    description: str
    priority: int
    due_date: Optional[datetime]
    completed: bool
    created_at: datetime
    version: int


def micros(at):
    return at and (at - EPOCH) // MICROSECOND


def instant(us):
    return us if us is None else EPOCH + us * MICROSECOND


def of_row(row):
    return Todo(**{**row, "due_date": instant(row.due_date), "created_at": instant(row.created_at)})


def row_of(given, now):
    return {
        "owner_id": 1, "title": given.title, "description": given.description, "priority": given.priority,
        "due_date": micros(given.due_date), "completed": given.completed, "created_at": micros(now), "version": 1,
        "folded_title": given.title.lower(), "folded_description": given.description.lower(),
    }


@app.post("/api/todo", status_code=201, response_model=Todo)
async def create(given: NewTodo):
    now = datetime.now(timezone.utc)
    async with engine.connect() as connection:
        id = await connection.scalar(insert(todos).returning(todos.c.id), row_of(given, now))
    return Todo(id=id, created_at=now, version=1, **given.dict())


@app.post("/api/todo/bulk", status_code=201, response_model=list[Todo])
async def create_all(given: conlist(NewTodo, min_items=1, max_items=1000)):
    now = datetime.now(timezone.utc)
    async with engine.connect() as connection:
        rows = [row_of(each, now) for each in given]
        if UNNESTED:
            ids = (await connection.scalars(insert_all, {name: [row[name] for row in rows] for name in written})).all()
        else:
            ids = (await connection.scalars(insert(todos).values(rows).returning(todos.c.id))).all()
    return [Todo(id=id, created_at=now, version=1, **each.dict()) for id, each in zip(ids, given)]


@app.get("/api/todo/{id}", response_model=Todo)
async def read(id: int):
    async with engine.connect() as connection:
        row = (await connection.execute(select(columns).where(todos.c.owner_id == 1, todos.c.id == id))).one_or_none()
    if row is None:
        raise HTTPException(404, "no such todo")
    return of_row(row)


@app.get("/api/todo", response_model=list[Todo])
async def list_todos(completed: Optional[bool] = None, priority: Optional[int] = None, limit: int = Query(50, ge=1, le=200)):
    wanted = select(columns).where(todos.c.owner_id == 1).order_by(todos.c.created_at.desc(), todos.c.id.desc()).limit(limit)
    if completed is not None:
        wanted = wanted.where(todos.c.completed == completed)
    if priority is not None:
        wanted = wanted.where(todos.c.priority == priority)
    async with engine.connect() as connection:
        return [of_row(row) for row in await connection.execute(wanted)]
