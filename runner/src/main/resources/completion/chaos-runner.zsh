#compdef chaos-runner
# Completion of chaos-runner for zsh: source <(chaos-runner completion zsh)
_chaos_runner() {
    local line files=
    local -a found
    while IFS= read -r line; do
        case $line in
            @files) files=yes ;;
            *) found+=("$line") ;;
        esac
    done < <("${(Q)words[1]}" __complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null </dev/null)
    (( ${#found} )) && compadd -- "${found[@]}"
    [[ -n $files ]] && _files
    return 0
}
compdef _chaos_runner chaos-runner ./chaos-runner
