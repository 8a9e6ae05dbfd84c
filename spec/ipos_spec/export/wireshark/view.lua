-- The view of a frame: its fields in Wireshark's tree, and the rules about them that it breaks.

local function path_of_group(path)
  return path:match("^(.*)%.") or ""
end

local function violated(view, item, id, found, expected)
  local text = ("%s: found %s, expected %s. %s"):format(id, found, expected, REQUIREMENTS[id].text)
  item:add_proto_expert_info(experts[id], text)
  if not view.violated[id] then
    view.violated[id] = true
    table.insert(view.violated, id)
  end
end

local HOLDS = {
  Within = function(rule, octets) return rule.low <= number(octets) and number(octets) <= rule.high end,
  OneOf = function(rule, octets)
    for _, value in ipairs(rule.values) do
      if number(octets) == value then return true end
    end
    return false
  end,
  Zero = function(_, octets) return octets == ("\0"):rep(#octets) end,
  Unicast = function(_, octets)
    return octets ~= "\0\0\0\0" and octets ~= "\255\255\255\255" and math.floor(octets:byte(1) / 16) ~= 14
  end,
  Individual = function(_, octets) return octets:byte(1) % 2 == 0 end,
  Broadcast = function(_, octets) return octets == ("\255"):rep(#octets) end,
}

local function judge(view, at, item)
  local octets = view.frame.octets(at)
  for _, rule in ipairs(octets and view.judged(at.path) and at.rules or {}) do
    if not HOLDS[rule.rule](rule, octets) then
      violated(view, item, rule.requirement, text_of(definitions[at.path], octets), rule.expected)
    end
  end
end

-- The subtree of a structure, opened when the first of its fields is shown.
local function tree_of(view, path)
  if not view.trees[path] then
    local part = view.parts[path]
    local parent = path == "ethernet" and view.root or tree_of(view, path_of_group(path))
    view.trees[path] = parent:add(fields[path], view.frame.range(part.offset, part.offset + part.size))
  end
  return view.trees[path]
end

local function show(view, at)
  local range = view.frame.range(at.offset, at.offset + at.size)
  local tree = tree_of(view, path_of_group(at.path))
  local item = tree:add(fields[at.path], range)
  for _, flag in ipairs(definitions[at.path].flags or {}) do
    item:add(fields[at.path .. "." .. flag.name], range)
  end
  if at.path:find("^ethernet.") and at.size == 6 then
    tree:add(fields.address, range):set_hidden(true)
  end
  view.items[at.path] = item
  return item
end

-- Octets from an offset to another as one field; nothing where there are none.
local function show_octets(view, path, from, to)
  if from < math.min(to, view.frame.captured) then
    view.items[path] = view.item:add(fields[path], view.frame.range(from, to))
  end
  return view.items[path] or view.item
end

local function judge_same(view, same)
  local values = {}
  for index, path in ipairs(same.paths) do
    local octets = view.frame.octets(view.places[path])
    if not octets then return end
    values[index] = number(octets)
  end
  for _, value in ipairs(values) do
    if value ~= values[1] then
      violated(view, view.items[same.paths[1]], same.requirement, table.concat(values, " and "), same.expected)
      return
    end
  end
end

local function too_short(view, item, needed)
  if view.frame.length < needed then
    violated(view, item, "ENC-8", view.frame.length .. " octets", needed .. " octets")
    return true
  end
  if view.frame.captured < needed then
    view.item:append_text((" [the capture ends after %d octets]"):format(view.frame.captured))
    return true
  end
  return false
end

-- The fixed part of the packet, as far as the frame goes; returns where that is.
local function show_fixed_part(view)
  local shown = math.min(view.frame.skipped, view.frame.captured)
  for _, at in ipairs(view.packet.fields) do
    view.places[at.path] = at
    if at.offset < view.frame.skipped then
      judge(view, at, view.item)
    elseif at.offset + at.size <= view.frame.captured then
      judge(view, at, show(view, at))
      shown = at.offset + at.size
    end
  end
  for _, same in ipairs(view.complete and view.packet.same or {}) do
    judge_same(view, same)
  end
  return shown
end
