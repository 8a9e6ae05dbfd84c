-- Packets: which one a frame is.

local HEADER_FIELDS, HEADER_AT, HEADER_END = {}, {}, 0
for _, at in ipairs(PACKETS[1].fields) do
  if at.path:find("^ethernet%.") or at.path:find("^header%.") then
    table.insert(HEADER_FIELDS, at)
    HEADER_AT[at.path] = at
    HEADER_END = at.offset + at.size
  end
end

local CHECKSUM, TYPE, PROTOCOL = HEADER_AT["header.checksum"], HEADER_AT["header.type"], HEADER_AT["header.protocol"]
local ETHERNET_END = HEADER_AT["ethernet.type"].offset + HEADER_AT["ethernet.type"].size

local announced, of_type = {}, {}
for _, packet in ipairs(PACKETS) do
  of_type[packet.type] = of_type[packet.type] or packet
  for _, number_of_protocol in ipairs(packet.protocols) do
    announced[packet.type .. "," .. number_of_protocol] = packet
  end
end

local function only_header(packet, title)
  local header = { title = title, size = HEADER_END, parts = {}, fields = {} }
  for index = 1, #HEADER_FIELDS do
    header.fields[index] = packet.fields[index]
  end
  for _, part in ipairs(packet.parts) do
    if part.offset < HEADER_END then table.insert(header.parts, part) end
  end
  return header
end

-- The packet that a frame announces, or its header alone; and which fields are judged by their rules.
local function packet_of(frame)
  local type, transport = frame.octets(TYPE), frame.octets(PROTOCOL)
  if frame.length < HEADER_END or not transport then
    return only_header(PACKETS[1], "Truncated Packet"), function() return false end
  end
  local packet = announced[number(type) .. "," .. number(transport)]
  if packet then
    return packet, function() return true end
  end
  local like = of_type[number(type)]
  local title = ("Unknown Packet, type 0x%s, protocol 0x%s"):format(hexadecimal(type, ""), hexadecimal(transport, ""))
  local wrong = like and "header.protocol" or "header.type"
  return only_header(like or PACKETS[1], title), function(path) return path == wrong end
end
