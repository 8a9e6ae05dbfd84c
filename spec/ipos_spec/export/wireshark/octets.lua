-- Octets: strings as numbers and as texts, the checksum, and the octets of a frame.

local function number(octets)
  local value = 0
  for index = 1, #octets do
    value = value * 256 + octets:byte(index)
  end
  return value
end

local function hexadecimal(octets, separator)
  local digits = octets:gsub(".", function(octet) return ("%02x"):format(octet:byte()) .. separator end)
  return digits:sub(1, #digits - #separator)
end

local function ipv4_text(octets)
  return ("%d.%d.%d.%d"):format(octets:byte(1, 4))
end

local function endpoint_text(octets)
  return ("%s:%d"):format(ipv4_text(octets), number(octets:sub(5, 6)))
end

local function text_of(definition, octets)
  if definition.type == "ipv4" then
    return ipv4_text(octets)
  elseif definition.type == "ether" then
    return hexadecimal(octets, ":")
  elseif definition.hexadecimal or definition.type == "bytes" then
    return "0x" .. hexadecimal(octets, "")
  end
  return ("%d"):format(number(octets))
end

-- RFC 1071: all-zero octets sum to +0, every other multiple of 0xffff to -0, which is 0xffff.
local function ones_complement_sum(octets)
  local total = 0
  for index = 1, #octets, 2 do
    total = total + octets:byte(index) * 256 + (octets:byte(index + 1) or 0)
  end
  return total == 0 and 0 or (total - 1) % 0xffff + 1
end

local destination_field, source_field = Field.new("eth.dst"), Field.new("eth.src")

-- The octets of an Ethernet address that another dissector has shown; of the innermost frame, if there are several.
local function shown_address(field)
  local found = { field() }
  return #found > 0 and found[#found].range:raw() or nil
end

-- A frame, whose first octets may have been taken by another dissector: `skipped` says how many.
--   captured        offset in the frame at which its capture ends
--   length          octets that it had on the wire
--   octets(at)      the octets of a described place, as a string; nil if they were not all captured
--   between(a, b)   the same from offset a to b, b not included
--   range(a, b)     for Wireshark's tree; cut where the capture ends
local function frame_of(buffer, skipped)
  local frame = { skipped = skipped, captured = skipped + buffer:len(), length = skipped + buffer:reported_len() }

  function frame.between(from, to)
    if from < skipped or to > frame.captured then return nil end
    return from == to and "" or buffer:raw(from - skipped, to - from)
  end

  function frame.octets(at)
    if at.offset >= skipped then return frame.between(at.offset, at.offset + at.size) end
    return at.path == "ethernet.destination" and shown_address(destination_field)
      or at.path == "ethernet.source" and shown_address(source_field)
      or nil
  end

  function frame.range(from, to)
    return buffer(from - skipped, math.min(to, frame.captured) - from)
  end

  return frame
end
