// Three workers that share a breaker, at random: answers that get lost before or after the store acted, looks that are old, partitions that
// go, operators who reset. Nobody probes under a claim that another holds, and when all is well again every call comes to its end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { randomOf } from "@evenkeel/testkit/random";
