-- Declarations: what is filtered by and shown, made from DEFINITIONS and REQUIREMENTS.
-- Everything behind the tables is written by hand. Lua 5.2 to 5.4: no operators on bits, which 5.2 lacks.

local protocol = Proto("ip_os", "ipOS") -- Wireshark has another protocol with the filter name "ipos"

local UNVERIFIED, BAD, GOOD = 2, 0, 1 -- Wireshark's numbers in every checksum's status

local fields, experts, definitions = {}, {}, {}

local function proto_field(definition)
  local make = ProtoField[definition.type]
  if definition.type:find("^uint") then
    local display, texts = definition.hexadecimal and base.HEX or base.DEC, definition.names
    if definition.unit then
      display, texts = display + base.UNIT_STRING, { " (" .. definition.unit .. ")" }
    end
    return make(definition.filter, definition.name, display, texts, nil, definition.documentation)
  elseif definition.type == "bytes" then
    return make(definition.filter, definition.name, base.NONE, definition.documentation)
  elseif definition.type == "string" then
    return make(definition.filter, definition.name, base.UNICODE, definition.documentation)
  end
  return make(definition.filter, definition.name, definition.documentation)
end

for _, definition in ipairs(DEFINITIONS) do
  definitions[definition.path] = definition
  fields[definition.path] = proto_field(definition)
  for _, flag in ipairs(definition.flags or {}) do
    local filter = definition.filter .. "." .. flag.name:lower()
    fields[definition.path .. "." .. flag.name] =
      ProtoField.bool(filter, flag.name, 8 * definition.size, nil, flag.bit)
  end
end

fields.undecoded = ProtoField.bytes("ip_os.undecoded", "undecoded", base.NONE, "What nothing before it explains.")
fields.address = ProtoField.ether("eth.addr", "Address", "Source or destination hardware address.")
fields.expected = ProtoField.uint16(
  "ip_os.header.checksum.expected", "expected checksum", base.HEX, nil, nil, "What ENC-6 gives.")
fields.status = ProtoField.uint8("ip_os.header.checksum.status", "checksum status", base.DEC,
  { [UNVERIFIED] = "Unverified", [BAD] = "Bad", [GOOD] = "Good" }, nil, "Whether the checksum verifies (ENC-7).")
fields.acknowledges = ProtoField.framenum(
  "ip_os.acknowledges", "Acknowledges the connection packet in frame", base.NONE, frametype.ACK)
fields.acknowledged_in = ProtoField.framenum("ip_os.acknowledged_in", "Acknowledged in frame", base.NONE, frametype.ACK)
fields.repeats = ProtoField.framenum("ip_os.repeats", "Repeats the connection packet in frame", base.NONE)

for id, requirement in pairs(REQUIREMENTS) do
  local filter = "ip_os." .. id:lower():gsub("-", "_")
  experts[id] = ProtoExpert.new(
    filter, id .. ": " .. requirement.text, expert.group[requirement.group], expert.severity[requirement.severity])
end

protocol.fields = fields
protocol.experts = experts
