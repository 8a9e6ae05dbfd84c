-- The records of an extension packet (ADV-1).

local function variant_of(view)
  for _, variant in ipairs(view.packet.records.variants) do
    local right = true
    for index, path in ipairs(view.packet.records.selected_by) do
      right = right and number(view.frame.octets(view.places[path])) == variant.selectors[index]
    end
    if right then return variant end
  end
end

-- Shows one record; returns where it ends, nil if that is behind `finish`.
local function show_record(view, variant, offset, finish, tree)
  for _, at in ipairs(variant.fields) do
    local size = at.size
    if not size then
      local length = offset + 2 <= finish and view.frame.between(offset, offset + 2)
      size = length and 2 + number(length) or 2
    end
    if offset + size > finish then
      violated(view, tree, variant.requirement, ("%d octets of records"):format(finish - view.packet.size),
        at.path .. " to end before")
      return nil
    end
    local place = { path = at.path, offset = offset, size = size, rules = at.rules }
    local text = not at.size and view.frame.between(offset + 2, offset + size)
    local range = view.frame.range(offset, offset + size)
    local item = text and tree:add(fields[at.path], range, text) or tree:add(fields[at.path], range)
    judge(view, place, item)
    if text and #text > at.maximum then
      violated(view, item, variant.requirement, #text .. " octets of text", "at most " .. at.maximum)
    end
    offset = offset + size
  end
  return offset
end

local function show_records(view)
  local records, begin = view.packet.records, view.packet.size
  local finish = begin + number(view.frame.octets(view.places[records.measured_by]))
  local tree = show_octets(view, records.path, begin, math.min(finish, view.frame.length))
  if too_short(view, tree, finish) then
    return view.frame.length
  end
  view.covered_end = finish
  local variant, offset = variant_of(view), begin
  for _ = 1, variant and number(view.frame.octets(view.places[records.counted_by])) or 0 do
    offset = show_record(view, variant, offset, finish, tree)
    if not offset then return finish end
  end
  if variant and offset < finish then
    violated(view, view.items[records.measured_by], records.requirement, finish - begin, offset - begin)
  end
  return finish
end
