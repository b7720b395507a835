"""GET /api/v1/auth/me on FastAPI, SQLAlchemy's asyncio and asyncpg, for bench/compare accounts. DATABASE_URL says where the
users are, TOKEN_SECRET what their tokens (JWT, HS256) are signed with."""
import base64
import hashlib
import hmac
import json
import os
import time
from datetime import datetime, timedelta, timezone
from typing import Optional

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, select
from sqlalchemy.ext.asyncio import create_async_engine

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SECRET = os.environ["TOKEN_SECRET"].encode()
INSTANTS = ("email_verified_at", "disabled_at", "created_at")

users = Table(
    "users", MetaData(), Column("id", BigInteger, primary_key=True), *(Column(name, Text) for name in ("username", "email", "role")),
    *(Column(name, BigInteger) for name in INSTANTS),
)
engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgres://", "postgresql+asyncpg://"), isolation_level="AUTOCOMMIT",
    pool_size=20, max_overflow=0, connect_args={"server_settings": {"jit": "off"}},
)
app = FastAPI()


class User(BaseModel):
    id: int
    username: str
    email: Optional[str]
    role: str
    email_verified_at: Optional[datetime]
    disabled_at: Optional[datetime]
    created_at: datetime


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def caller(authorization: str = Header("")):
    try:
        signed, mac = authorization.removeprefix("Bearer ").rsplit(".", 1)
        if not hmac.compare_digest(hmac.digest(SECRET, signed.encode(), hashlib.sha256), decoded(mac)):
            raise ValueError
        claims = json.loads(decoded(signed.split(".")[1]))
        if claims["exp"] < time.time():
            raise ValueError
    except (ValueError, KeyError):
        raise HTTPException(401, "sign in")
    async with engine.connect() as connection:
        row = (await connection.execute(select(users).where(users.c.id == int(claims["sub"]), users.c.disabled_at.is_(None)))).one_or_none()
    if row is None:
        raise HTTPException(401, "sign in")
    return row


@app.get("/api/v1/auth/me", response_model=User)
async def me(row=Depends(caller)):
    return User(**{**row, **{name: row[name] and EPOCH + timedelta(microseconds=row[name]) for name in INSTANTS}})
