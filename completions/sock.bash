# bash completion of sock, which answers TAB itself. Install it as `sock` in
# /usr/share/bash-completion/completions or in
# ~/.local/share/bash-completion/completions, or source it from ~/.bashrc.

# The value of a variable without its quotes; one of them may still be open.
_sock_unquoted() {
    local -n value=$1
    case $value in
    \'*) value=${value#\'} value=${value%\'} ;;
    \"*) value=${value#\"} value=${value%\"} ;;
    *\\*) IFS= read -d '' value < <(printf '%s\0' "$value") || : ;;
    esac
}

_sock() {
    local line=${COMP_LINE:0:COMP_POINT} blank word i
    local -a words=() at=() reply=()
    # bash parts words also at COMP_WORDBREAKS, : and = among them; what stands
    # together on the line is one word.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        blank=${line%%[![:blank:]]*}
        line=${line#"$blank"}
        word=${COMP_WORDS[i]}
        # Up to the cursor, wherever in its word that is.
        ((i < COMP_CWORD)) || word=$line
        line=${line#"$word"}
        if ((i > 0)) && [[ -z $blank ]]; then
            words[-1]+=$word
        else
            words+=("$word")
            at+=("$i")
        fi
    done

    # What readline replaces is the end of the word, of which it has the
    # beginning; a host is no other word for its quotes.
    local kept=${words[-1]%"$2"}
    _sock_unquoted kept
    for ((i = 0; i < ${#words[@]}; i++)); do
        _sock_unquoted "words[i]"
    done
    ((i = ${#words[-1]} - ${#kept}, i >= 0)) || i=0

    local sock=${1/#\~\//$HOME/}
    type -P -- "$sock" >/dev/null || sock=sock
    mapfile -t reply < <(
        _SOCK_COMPLETE="bash ${COMP_TYPE:-9} ${COLUMNS:-80} $i" \
            "$sock" "${words[@]:1}" 2>/dev/null
    )
    COMPREPLY=("${reply[@]:1}")
    case ${reply[0]-} in
    open*) compopt -o nospace ;;&
    *filenames) compopt -o filenames ;;
    "files 0") compopt -o default ;;
    files*)
        i=${reply[0]#files }
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -P "${2:0:i}" -f -- "${2:i}")
        ;;
    command*)
        i=${at[${reply[0]#command }]}
        if declare -F _comp_command_offset >/dev/null; then
            _comp_command_offset "$i"
        elif declare -F _command_offset >/dev/null; then
            _command_offset "$i"
        elif ((i == COMP_CWORD)); then
            mapfile -t COMPREPLY < <(compgen -c -- "$2")
        else
            compopt -o default
        fi
        ;;
    esac
}

complete -F _sock sock
