// node compile_kaitai.js SOURCE.ksy FOLDER: writes the Python modules. NODE_PATH leads to the two packages from npm.
const fs = require("fs")
const path = require("path")
const compiler = require("kaitai-struct-compiler")
const yaml = require("js-yaml")

const [source, folder] = process.argv.slice(2)

function write(files) {
  for (const name in files) fs.writeFileSync(path.join(folder, name), files[name])
}

function fail(error) {
  console.error(String(error))
  process.exit(1)
}

compiler.compile("python", yaml.load(fs.readFileSync(source, "utf8")), null, false).then(write).catch(fail)
