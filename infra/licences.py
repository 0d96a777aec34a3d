"""Checks licences and bans of deny.toml over `cargo metadata`, without network and without cargo-deny.

Usage: infra/licences.py < metadata.json   (cargo metadata --locked --format-version 1 --all-features)
"""

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def allowed(expression: str, licences: set[str]) -> bool:
    """Whether an SPDX expression can be met. `A/B` is the old way to write `A OR B`."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))
    place = 0

    def peek() -> str:
        return words[place] if place < len(words) else ""

    def take() -> str:
        nonlocal place
        place += 1
        return words[place - 1]

    def one() -> bool:
        if peek() == "(":
            take()
            met = either()
            take()
            return met
        name = take()
        if peek() == "WITH":
            take()
            name = f"{name} WITH {take()}"
        return name in licences

    def both() -> bool:
        met = one()
        while peek() == "AND":
            take()
            met = one() and met
        return met

    def either() -> bool:
        met = both()
        while peek() == "OR":
            take()
            met = both() or met
        return met

    met = either()
    return met and place == len(words)


def main() -> int:
    rules = tomllib.loads((ROOT / "deny.toml").read_text())
    licences = set(rules["licenses"]["allow"])
    banned = {ban["crate"]: ban["reason"] for ban in rules["bans"]["deny"]}
    metadata = json.load(sys.stdin)
    used = {node["id"] for node in metadata["resolve"]["nodes"]}
    packages = [package for package in metadata["packages"] if package["id"] in used]
    found = []
    for package in packages:
        name = f"{package['name']} {package['version']}"
        licence = package["license"]
        if package["name"] in banned:
            found.append(f"{name} is banned: {banned[package['name']]}")
        if not licence:
            found.append(f"{name} names no licence")
        elif not allowed(licence, licences):
            found.append(f"{name} has the licence {licence}, which deny.toml does not allow")
        source = package["source"]
        if source and source != "registry+https://github.com/rust-lang/crates.io-index":
            found.append(f"{name} comes from {source}")
    for line in found:
        print(f"licences: {line}", file=sys.stderr)
    print(f"licences: {len(packages)} packages, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
