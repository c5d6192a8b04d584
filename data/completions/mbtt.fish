# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of mbtt in fish. What can be typed, mbtt itself knows: "mbtt complete".

function __mbtt_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l current (commandline --current-token --cut-at-cursor)
    # A quote that is not closed yet does no harm.
    set current (string unescape -- $current; or string replace --regex '^[\'"]' '' -- $current)
    set -l lines ($words[1] complete -- $words[2..] "$current" 2>/dev/null)

    for line in $lines
        switch "$line"
            case \tfiles
                __fish_complete_path "$current"
            case \tfolders
                __fish_complete_directories "$current" ''
            case '*'
                printf '%s\n' "$line"
        end
    end
end

complete --command mbtt --no-files --arguments '(__mbtt_complete)'
