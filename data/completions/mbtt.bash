# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of mbtt in bash. What can be typed, mbtt itself knows: "mbtt complete".

# A word as the shell would read it, with quotes that need not be closed yet.
_mbtt_unquote ()
{
  local quoted=$1 quote='' out='' i c

  for ((i = 0; i < ${#quoted}; i++)); do
    c=${quoted:i:1}
    if [[ $c == \\ && $quote != \' ]]; then
      i=$((i + 1))
      out+=${quoted:i:1}
    elif [[ -n $quote && $c == "$quote" ]]; then
      quote=''
    elif [[ -z $quote && ( $c == \' || $c == \" ) ]]; then
      quote=$c
    else
      out+=$c
    fi
  done

  REPLY=$out
}

_mbtt ()
{
  local cur prev words cword REPLY line value word
  local -a plain=()

  _get_comp_words_by_ref -n '=:' cur prev words cword || return

  for word in "${words[@]:1:cword-1}"; do
    _mbtt_unquote "$word"
    plain+=("$REPLY")
  done
  _mbtt_unquote "$cur"
  plain+=("$REPLY")

  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      $'\tfiles')
        _filedir
        return
        ;;
      $'\tfolders')
        _filedir -d
        return
        ;;
    esac

    value=${line%%$'\t'*}
    # Within quotes, readline closes them.
    if [[ $cur != [\'\"]* ]]; then
      printf -v value %q "$value"
    fi
    COMPREPLY+=("$value")
  done < <("${words[0]}" complete -- "${plain[@]}" 2>/dev/null)

  __ltrim_colon_completions "$cur"
  # What stands before “=” is not replaced.
  if [[ $cur == *=* && $COMP_WORDBREAKS == *=* && $cur != [\'\"]* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*=}"}"}")
  fi
} && complete -F _mbtt mbtt
