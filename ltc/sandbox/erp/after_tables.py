"""The tables of the sandbox ERP for what comes after the sale: amendments, returns by line, credits, warehouses."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS amendments (
  id INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL REFERENCES orders, operation TEXT NOT NULL,
  lines TEXT NOT NULL, parts TEXT NOT NULL, reverted INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS amendments_order ON amendments (order_id);
CREATE TABLE IF NOT EXISTS return_states (
  id TEXT PRIMARY KEY REFERENCES returns, status TEXT NOT NULL, lines TEXT NOT NULL, version INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS credit_states (
  id TEXT PRIMARY KEY REFERENCES credit_notes, operation TEXT NOT NULL, goods_return TEXT NOT NULL,
  version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS warehouses (id TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS stock_at (
  warehouse TEXT NOT NULL REFERENCES warehouses, product TEXT NOT NULL REFERENCES products,
  stock INTEGER NOT NULL CHECK (stock >= 0), PRIMARY KEY (warehouse, product)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS picks (
  release TEXT NOT NULL REFERENCES releases, warehouse TEXT NOT NULL, line TEXT NOT NULL, product TEXT NOT NULL,
  quantity INTEGER NOT NULL, shipped INTEGER NOT NULL, PRIMARY KEY (release, line),
  CHECK (shipped <= quantity)) WITHOUT ROWID;
"""
