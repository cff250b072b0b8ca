// Unpacks what the package carries: the browser, the libraries that a bare machine lacks, and a font.
import { execFileSync } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdir, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const FROM = "node_modules/@sparticuz/chromium/bin";
const unpack = (name, to) => pipeline(createReadStream(`${FROM}/${name}.br`), createBrotliDecompress(), createWriteStream(to));

await mkdir("bin");
await unpack("chromium", "bin/chromium");
await chmod("bin/chromium", 0o755);
for (const name of ["al2023.tar", "fonts.tar"]) {
  await unpack(name, name);
  execFileSync("tar", ["xf", name]);
  await rm(name);
}
await rm(FROM, { recursive: true });
