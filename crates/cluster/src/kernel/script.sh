# Written by `dhctl update kernel`.
# Upgrades the kernel of this node, and has the platform reboot it into the new one.
kernel=@KERNEL@
asked="/var/lib/bashible/dhctl-kernel-$kernel"
boot="$(cat /proc/sys/kernel/random/boot_id)"

if [ "$(uname -r)" = "$kernel" ]; then
  # Remove the marker file, so that a later switch back to this kernel reboots the node again.
  rm -f "$asked"
  exit 0
fi

# A reboot is requested once. Otherwise a node that still comes up with another kernel
# would reboot forever.
if [ -e "$asked" ]; then
  if [ "$(cat "$asked")" = "$boot" ]; then
    bb-flag-set reboot
  else
    bb-log-error "kernel $kernel is installed, but the node has booted $(uname -r): make $kernel the default in the boot loader"
  fi
  exit 0
fi

if type -t apt-get >/dev/null && type -t dpkg >/dev/null; then
  family=apt
elif type -t rpm >/dev/null && { type -t dnf >/dev/null || type -t yum >/dev/null; }; then
  family=rpm
else
  bb-log-error "kernel $kernel is not installed: this node has no supported package manager (apt with dpkg, dnf or yum)"
  exit 0
fi

# Waits until the disruption of this node is approved and the node is drained, as the node group requires.
bb-deckhouse-get-disruptive-update-approval

case "$family" in
  apt)
    bb-apt-install "linux-image-$kernel"
    ;;
  rpm)
    if ! bb-yum-package? "kernel-$kernel"; then
      bb-yum-install "kernel-$kernel"
    fi
    if type -t grubby >/dev/null; then
      grubby --set-default "/boot/vmlinuz-$kernel"
    fi
    ;;
esac

mkdir -p "${asked%/*}"
printf '%s\n' "$boot" >"$asked"
bb-log-info "kernel $kernel is installed: the node is going to reboot"
bb-flag-set reboot
