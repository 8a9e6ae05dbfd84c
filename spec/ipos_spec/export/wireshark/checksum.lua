-- The checksum (ENC-6, ENC-7), and which packets belong together: an acknowledgement's covers what it acknowledges.

local connections, links = {}, {} -- what the first pass over the capture has seen, by reference and by frame number

local function reference_of(frame)
  return frame.between(ETHERNET_END, TYPE.offset) .. frame.octets(PROTOCOL)
end

local function checksum_of(frame, behind_header)
  local header = frame.between(ETHERNET_END, CHECKSUM.offset) .. "\0\0"
  return 0xffff - ones_complement_sum(header .. behind_header)
end

local function same_sum(one, other)
  return one % 0xffff == other % 0xffff -- +0 or -0 (RFC 1071)
end

local function learn_connection(view, frame_number)
  local frame = view.frame
  local octets = frame.between(ETHERNET_END, view.packet.size)
  local reference = reference_of(frame)
  local earlier = connections[reference] or {}
  local link = {}
  for index = #earlier, 1, -1 do
    if earlier[index].octets == octets then
      link.repeats = earlier[index].number
      break
    end
  end
  table.insert(earlier, { number = frame_number, octets = octets, information = octets:sub(HEADER_END - ETHERNET_END + 1) })
  connections[reference], links[frame_number] = earlier, link
end

-- What the checksum has to be is told by the latest connection packet, which is the migration in progress (ENC-7). It may
-- fit an earlier one all the same: then it comes late (ENC-6).
local function learn_acknowledgement(view, frame_number)
  local frame, link = view.frame, {}
  local earlier = connections[reference_of(frame)] or {}
  for index = #earlier, 1, -1 do
    local expected = checksum_of(frame, earlier[index].information)
    link.expected = link.expected or expected
    if same_sum(number(frame.octets(CHECKSUM)), expected) then
      link.acknowledges = earlier[index].number
      links[earlier[index].number].acknowledged_in = links[earlier[index].number].acknowledged_in or frame_number
      break
    end
  end
  links[frame_number] = link
end

local function learn(view, frame_number)
  if not view.complete then return end
  if view.packet.acknowledges then
    learn_acknowledgement(view, frame_number)
  elseif view.parts.connection then
    learn_connection(view, frame_number)
  end
end

local function show_links(view, link)
  for _, name in ipairs({ "repeats", "acknowledges", "acknowledged_in" }) do
    if link[name] then
      view.item:add(fields[name], link[name]):set_generated(true)
    end
  end
end

-- The checksum that a packet has to have; nil if that is not known.
local function expected_checksum(view, link)
  if view.packet.acknowledges then
    return link.expected
  end
  local behind_header = view.covered_end and view.frame.between(HEADER_END, view.covered_end)
  return behind_header and checksum_of(view.frame, behind_header)
end

local function judge_checksum(view, link)
  local item, octets = view.items[CHECKSUM.path], view.frame.octets(CHECKSUM)
  if not item or not view.judged(CHECKSUM.path) then return end
  local range = view.frame.range(CHECKSUM.offset, CHECKSUM.offset + CHECKSUM.size)
  local expected = expected_checksum(view, link)
  local status = UNVERIFIED
  if expected then
    status = same_sum(number(octets), expected) and GOOD or BAD
    item:add(fields.expected, range, expected):set_generated(true)
  end
  item:add(fields.status, range, status):set_generated(true)
  if status == BAD then
    violated(view, item, "ENC-7", "0x" .. hexadecimal(octets, ""), ("0x%04x"):format(expected))
  end
end
