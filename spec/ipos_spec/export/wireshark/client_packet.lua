-- The client's IP packet inside a packet of type 2 (ENC-8, ENC-10).

local INNER_FIXED = 20 -- octets of an IPv4 header without options (RFC 791)

-- What each of INNER_RULES means: whether all is well, and what was found. nil: not captured.
local INNER = {
  version = function(inner) return inner.version == 4, inner.version end,
  ihl = function(inner) return inner.header >= INNER_FIXED, inner.header / 4 end,
  total_length = function(inner) return inner.total >= inner.header + inner.transport.header, inner.total end,
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
  local octets = frame.between(begin, frame.captured)
  return {
    octets = octets,
    version = math.floor(octets:byte(1) / 16),
    header = octets:byte(1) % 16 * 4,
    total = number(octets:sub(3, 4)),
    transport = TRANSPORTS[number(frame.octets(PROTOCOL))],
    client = frame.between(ETHERNET_END, ETHERNET_END + 6),
  }
end

-- The first rule that the packet breaks is the only one that is told, as the others may follow from it.
local function judge_inner(view, inner, item)
  for _, rule in ipairs(INNER_RULES) do
    local in_first_octets = IN_THE_FIRST_OCTETS[rule.name]
    if not in_first_octets and too_short(view, item, view.packet.size + inner.total) then
      return rule.name
    end
    local right, found = INNER[rule.name](inner)
    if not right then
      violated(view, item, "ENC-10", rule.name .. " " .. found, rule.expected)
      return rule.name
    end
  end
end

-- Shows the client's packet; returns where it ends, and from where it may be handed to Wireshark's own dissector.
local function show_inner(view)
  local begin, frame = view.packet.size, view.frame
  if too_short(view, view.item, begin + INNER_FIXED) then
    show_octets(view, view.packet.inner, begin, frame.length)
    return frame.length
  end
  local inner = inner_of(view)
  local finish = math.min(begin + math.max(inner.total, 4), frame.length)
  local item = show_octets(view, view.packet.inner, begin, finish)
  local wrong = judge_inner(view, inner, item)
  local whole = inner.version == 4 and INNER_FIXED <= inner.header and wrong ~= "total_length"
    and begin + inner.total <= frame.captured
  return finish, whole and begin or nil
end
