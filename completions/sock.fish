# fish completion of sock, which answers TAB itself. Install it as `sock.fish` in
# /usr/share/fish/vendor_completions.d or in ~/.config/fish/completions.

function __sock_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    # As it is typed, for who reads it as fish does.
    set -l raw $current
    switch $current
        case '"*' "'*"
            # What is quoted is still open.
            set current (string sub -s 2 -- "$current")
            set raw (string escape --no-quoted -- "$current")
        case '*'
            set current (string unescape -- "$current"; or echo -- "$current")
    end
    set -l sock $words[1]
    type -q -- $sock; or set sock sock
    type -q -- $sock; or return
    set -l lines (_SOCK_COMPLETE=fish $sock $words[2..] "$current" 2>/dev/null)
    set -l head (string split \t -- $lines[1])
    switch $head[1]
        case files
            set -l before "$head[2]"
            set -l start (math 1 + (string length -- "$before"))
            # The arguments of no command are files.
            for file in (complete -C "'' "(string sub -s $start -- "$raw"))
                echo $before$file
            end
        case command
            set -l rest $words[(math 1 + $head[2])..]
            complete -C (string join ' ' -- (string escape -- $rest) "$raw")
        case words
            printf '%s\n' $lines[2..]
    end
end

complete -c sock -e
complete -c sock -k -f -a '(__sock_complete)'
