# Completion of chaos-runner for fish: chaos-runner completion fish | source
function __chaos_runner_complete
    set -l typed (commandline -opc)
    set -l program $typed[1]
    set -e typed[1]
    set -l current (commandline -ct)
    for each in ($program __complete -- $typed "$current" 2>/dev/null </dev/null)
        if test "$each" = @files
            __fish_complete_path "$current"
        else
            echo $each
        end
    end
end
complete -c chaos-runner -f -a '(__chaos_runner_complete)'
