# Completion of chaos-runner for bash: source <(chaos-runner completion bash)
_chaos_runner() {
    local line files= current=${COMP_WORDS[COMP_CWORD]}
    [ "$current" = = ] && current=
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            @files) files=yes ;;
            *) COMPREPLY+=("$line") ;;
        esac
    done < <("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null)
    if [ -n "$files" ]; then
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done < <(compgen -f -- "$current")
    fi
}
complete -F _chaos_runner chaos-runner ./chaos-runner
