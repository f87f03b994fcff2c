-- Counts the answers that are those expected, which is the argument behind `--`, and prints what wrk saw as a line of JSON.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  expected = args[1]
  right = 0
  wrong = 0
end

function response(status, headers, body)
  if status == 200 and body == expected then
    right = right + 1
  else
    wrong = wrong + 1
  end
end

function done(summary)
  local sums = { right = 0, wrong = 0 }
  for _, thread in ipairs(threads) do
    for name in pairs(sums) do
      sums[name] = sums[name] + thread:get(name)
    end
  end
  local fields = {}
  for _, counts in ipairs({ sums, summary.errors }) do
    for name, count in pairs(counts) do
      table.insert(fields, string.format('"%s":%d', name, count))
    end
  end
  print("{" .. table.concat(fields, ",") .. "}")
end
