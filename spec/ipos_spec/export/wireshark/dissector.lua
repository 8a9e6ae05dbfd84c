-- The dissector: columns, and where Wireshark finds it.

local ip = Dissector.get("ip")

local function view_of(frame, root)
  local packet, judged = packet_of(frame)
  local view = {
    frame = frame, packet = packet, judged = judged, root = root,
    parts = {}, trees = {}, places = {}, items = {}, violated = {},
    complete = frame.captured >= packet.size,
    covered_end = packet.covered and packet.covered[2],
  }
  for _, part in ipairs(packet.parts) do
    view.parts[part.path] = part
  end
  if frame.skipped == 0 then
    local addresses = tree_of(view, "ethernet")
    addresses:append_text((", Src: %s, Dst: %s"):format(frame.range(6, 12):ether(), frame.range(0, 6):ether()))
  end
  view.item = root:add(protocol, frame.range(ETHERNET_END, frame.captured))
  view.trees[""] = view.item
  return view
end

local function judge_padding(view, from)
  local item = show_octets(view, "padding", from, view.frame.captured)
  local octets = from < MINIMUM_FRAME and view.frame.between(from, math.min(MINIMUM_FRAME, view.frame.captured))
  if octets and octets ~= ("\0"):rep(#octets) then
    violated(view, item, "ENC-9", "0x" .. hexadecimal(octets, ""), "zeros")
  end
end

-- What stands behind the fixed part; returns from where Wireshark's IP dissector has to go on, if anywhere.
local function show_variable_part(view, shown)
  if not view.complete then
    too_short(view, view.item, view.packet.size)
    show_octets(view, "undecoded", shown, view.frame.captured)
    return nil
  elseif not (view.packet.padding or view.packet.inner or view.packet.records) then
    show_octets(view, "undecoded", view.packet.size, view.frame.captured)
    return nil
  end
  local finish, handed_over = view.packet.size, nil
  if view.packet.inner then
    finish, handed_over = show_inner(view)
  elseif view.packet.records then
    finish = show_records(view)
  end
  judge_padding(view, finish)
  return handed_over
end

local function info_of(view)
  local frame, info = view.frame, view.packet.title
  local reference = view.complete and frame.between(ETHERNET_END, TYPE.offset)
  if reference then
    info = ("%s %s at %s"):format(info, endpoint_text(reference), endpoint_text(reference:sub(7)))
  end
  local server = view.complete and view.parts.connection
  if server then
    info = info .. ", server " .. endpoint_text(frame.between(server.offset, server.offset + 6))
  end
  if #view.violated > 0 then
    info = ("%s [%s]"):format(info, table.concat(view.violated, ", "))
  end
  return info
end

local function hand_over(view, from, pinfo)
  pinfo.cols.info:append(" | ")
  pinfo.cols.info:fence()
  local inner = view.frame.range(from, from + number(view.frame.between(from + 2, from + 4))):tvb()
  pcall(ip.call, ip, inner, pinfo, view.root) -- Wireshark has shown in the tree what it failed at
  pinfo.cols.protocol = protocol.description
end

local function dissect(buffer, skipped, pinfo, root)
  local view = view_of(frame_of(buffer, skipped), root)
  local handed_over = show_variable_part(view, show_fixed_part(view))
  if not pinfo.visited then
    learn(view, pinfo.number)
  end
  local link = links[pinfo.number] or {}
  judge_checksum(view, link)
  show_links(view, link)
  local info = info_of(view)
  view.item:append_text(", " .. info)
  pinfo.cols.protocol = protocol.description
  pinfo.cols.info = info
  if handed_over then
    hand_over(view, handed_over, pinfo)
  end
end

function protocol.init()
  connections, links = {}, {}
end

-- Behind an EtherType that Wireshark takes as one it has dissected the Ethernet header itself.
function protocol.dissector(buffer, pinfo, root)
  dissect(buffer, ETHERNET_END, pinfo, root)
  return buffer:len()
end

-- Below 0x0600 Wireshark reads a length and hands the rest to LLC (ENC-2), but first it offers the frame here.
local LOWEST_ETHER_TYPE = 0x0600
local ether_types = DissectorTable.get("ethertype")
local lengths, chosen = {}, nil

local function add_ether_type(ether_type)
  if ether_type < LOWEST_ETHER_TYPE then
    lengths[ether_type] = true
  else
    ether_types:add(ether_type, protocol)
  end
end

local function remove_ether_type(ether_type)
  if ether_type < LOWEST_ETHER_TYPE then
    lengths[ether_type] = nil
  else
    ether_types:remove(ether_type, protocol)
  end
end

local own = {}
for _, ether_type in ipairs(ETHER_TYPES) do
  own[ether_type] = true
  add_ether_type(ether_type)
end

protocol.prefs.ether_type = Pref.uint(
  "Another EtherType", 0, "Read frames of this EtherType (a decimal number) as ipOS too; 0: no other (ENC-2).")

function protocol.prefs_changed()
  if chosen then remove_ether_type(chosen) end
  chosen = protocol.prefs.ether_type
  if chosen == 0 or own[chosen] or chosen > 0xffff then
    chosen = nil
  else
    add_ether_type(chosen)
  end
end

protocol:register_heuristic("eth", function(buffer, pinfo, root)
  if buffer:len() < ETHERNET_END or not lengths[buffer(ETHERNET_END - 2, 2):uint()] then
    return false
  end
  dissect(buffer, 0, pinfo, root)
  return true
end)
