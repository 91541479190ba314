#!/bin/bash
# A developer debugs a program: breakpoints, watchpoints, changed variables and calls in gdb, system calls in strace.
# user: dev
set -e
mkdir -p ~/debug && cd ~/debug
cat > sums.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static int total;
int add(int n) { total += n; return total; }
int main(int argc, char **argv) {
  int limit = argc > 1 ? atoi(argv[1]) : 5;
  for (int i = 0; i < limit; i++) add(i);
  pid_t child = fork();
  if (child == 0) { execl("/usr/bin/true", "true", (char *)0); _exit(1); }
  waitpid(child, 0, 0);
  printf("%d\n", total);
  return 0;
}
C
gcc -g -O0 -o sums sums.c
cat > script.gdb <<'G'
set confirm off
set pagination off
break add if n == 3
run 8
backtrace
print n
print total
set var total = 100
print add(5)
watch total
continue
continue
info registers rip
x/4i $pc
delete
break main
run 3
next
step
finish
info locals
until
tbreak add
continue
return
continue
G
for i in $(seq 1 25); do gdb -q -batch -nx -x script.gdb ./sums > gdb.out 2>&1 < /dev/null || true; done; tail -2 gdb.out
for i in $(seq 1 30); do gdb -q -batch -nx -ex 'break add' -ex run -ex 'print total' -ex 'set var n=9' -ex stepi -ex stepi -ex 'call add(1)' -ex kill --args ./sums "$i" > gdb.out 2>&1 < /dev/null; done
gdb -q -batch -nx -ex 'disassemble main' ./sums | wc -l; gdb -q -batch -nx -ex 'start' -ex 'dump memory mem.bin $sp $sp+64' -ex 'catch syscall write' -ex continue -ex 'set follow-fork-mode child' -ex continue ./sums < /dev/null | tail -1
for i in $(seq 1 60); do strace -f -o trace.out ./sums "$i" > /dev/null; done; grep -c '' trace.out
strace -c -f ./sums 2>&1 | tail -3; strace -f -e trace=execve,openat -o trace.out sh -c 'ls | head -1; date'; wc -l < trace.out
for i in $(seq 1 30); do strace -qq -o trace.out -e trace=file ls > /dev/null; done; strace -k -o trace.out true 2>/dev/null || true
