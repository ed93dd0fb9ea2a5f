# Completion of confab for fish.  GPL-3.0-or-later.
# As the one for bash: the program says what it takes; others' words are offered only if they are harmless.

function __confab_runs
    set -l home $CONFAB_HOME
    test -n "$home"; or set home (test -n "$XDG_DATA_HOME"; and echo $XDG_DATA_HOME; or echo $HOME/.local/share)/confab
    test -d $home; and pgrep -u (id -u) -x confabd >/dev/null 2>&1
end

function __confab_ask # COMMAND FIELD...
    set -l rows (confab --json --timeout 2 $argv[1] 2>/dev/null)
    for field in $argv[2..-1]
        printf '%s\n' $rows | sed -n "s/.*\"$field\":\"\([^\"]*\)\".*/\1/p" | sed 's/.*<\(.*\)>$/\1/'
    end | grep -E '^[[:alnum:]_.@+][[:alnum:]_.@+-]*$'
end

function __confab_commands
    confab help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\)  *\(.*\)/\1\t\2/p'
end

function __confab_command # the command that was typed, if any
    set -l words (commandline -opc)
    set -l skip 0
    for word in $words[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word --home --timeout
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
            return
        end
    end
end

function __confab_options
    set -l command (__confab_command)
    confab $command --help 2>/dev/null | sed -n 's/^  \(--[a-z-]*\)\( .*\)\{0,1\}$/\1/p' | sort -u
end

function __confab_words
    set -l command (__confab_command)
    if test -z "$command"; or test "$command" = help
        __confab_commands
        return
    end
    set -l usage (confab $command --help 2>/dev/null | head -n 1 | string replace -r ".*confab $command" '')
    string match -ra '[a-z]+(?:\|[a-z]+)+' -- $usage | string split '|'
    test $command = config; and __confab_ask config key
    __confab_runs; or return
    switch "$usage"
        case '*CONV*'
            __confab_ask conversations conversation title
        case '* T'
            __confab_ask transfers transfer
        case '*REQUEST*'
            __confab_ask requests request
        case '*PEER*'
            __confab_ask peers fingerprint user_id
            __confab_ask contacts fingerprint user_id
    end
end

complete -c confab -f
complete -c confab -n 'string match -q -- "-*" (commandline -ct)' -a '(__confab_options)'
complete -c confab -n 'not string match -q -- "-*" (commandline -ct)' -a '(__confab_words)'
complete -c confab -n 'contains -- (__confab_command) add send-file' -F
