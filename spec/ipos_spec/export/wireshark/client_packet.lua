-- The client's IP packet inside a packet of type 2 (ENC-8, ENC-10).

local INNER_FIXED = 20 -- octets of an IPv4 header without options (RFC 791)

-- What each of INNER_RULES means: whether all is well, and what was found. nil: not captured.
local INNER = {
  version = function(inner) return inner.version == 4, inner.version end,
  ihl = function(inner) return inner.header >= INNER_FIXED, math.floor(inner.header / 4) end,
  total_length = function(inner) return inner.total >= inner.least, inner.total end,
  fragment_offset = function(inner)
    local word = number(inner.octets:sub(7, 8))
    return word % 0x4000 == 0, ("0x%04x"):format(word)
  end,
  protocol = function(inner) return inner.octets:byte(10) == inner.transport.iana, inner.octets:byte(10) end,
  header_checksum = function(inner)
    return ones_complement_sum(inner.octets:sub(1, inner.header)) == 0xffff,
      "0x" .. hexadecimal(inner.octets:sub(11, 12), "")
  end,
  source_ip = function(inner)
    return inner.octets:sub(13, 16) == inner.client:sub(1, 4), ipv4_text(inner.octets:sub(13, 16))
  end,
  source_port = function(inner)
    local port = inner.octets:sub(inner.header + 1, inner.header + 2)
    return port == inner.client:sub(5, 6), number(port)
  end,
}
local IN_THE_FIRST_OCTETS = { version = true, ihl = true, total_length = true, fragment_offset = true, protocol = true }

local function inner_of(view)
  local frame, begin = view.frame, view.packet.size
  local octets, transport = frame.between(begin, frame.captured), TRANSPORTS[number(frame.octets(PROTOCOL))]
  local version, header, total = math.floor(octets:byte(1) / 16), octets:byte(1) % 16 * 4, number(octets:sub(3, 4))
  local least = header + transport.header
  return {
    octets = octets, version = version, header = header, total = total, least = least, transport = transport,
    client = frame.between(ETHERNET_END, ETHERNET_END + 6),
    tells_its_end = version == 4 and header >= INNER_FIXED and total >= least,
  }
end

-- The first rule that the packet breaks is the only one that is told, as the others may follow from it.
local function judge_inner(view, inner, item)
  for _, rule in ipairs(INNER_RULES) do
    if not IN_THE_FIRST_OCTETS[rule.name] and too_short(view, item, view.packet.size + inner.total) then
      return
    end
    local right, found = INNER[rule.name](inner)
    if not right then
      violated(view, item, "ENC-10", rule.name .. " " .. found, rule.expected)
      return
    end
  end
  local server = inner.octets:sub(17, 20) .. inner.octets:sub(inner.header + 3, inner.header + 4)
  if not HOLDS.Unicast(nil, server:sub(1, 4)) or number(server:sub(5)) == 0 then
    violated(view, item, "ENC-13", "the server " .. endpoint_text(server), "a unicast address and a port")
  end
end

-- Shows the client's packet; returns where it ends, and from where Wireshark's own dissector may have it.
local function show_inner(view)
  local begin, frame = view.packet.size, view.frame
  if too_short(view, view.item, begin + INNER_FIXED) then
    show_octets(view, view.packet.inner, begin, frame.length)
    return frame.length
  end
  local inner = inner_of(view)
  local finish = inner.tells_its_end and math.min(begin + inner.total, frame.length) or frame.length
  judge_inner(view, inner, show_octets(view, view.packet.inner, begin, finish))
  local whole = inner.tells_its_end and begin + inner.total <= frame.captured
  return finish, whole and begin or nil
end
