#!/bin/bash
# A C program is configured with a script of hundreds of small tests, built with make, checked, installed and packed, four times over.
# user: dev
set -e
mkdir -p ~/src/ledger && cd ~/src/ledger
cat > configure <<'C'
#!/bin/sh
# As those that autoconf writes: each test is a small program, and each step some small commands.
: > config.log; echo '/* generated */' > config.h
as_me=`basename "$0"`
srcdir=`dirname "$0"`
echo "checking build system type... `uname -m`-`uname -s | tr '[:upper:]' '[:lower:]'`"
define() { n=`echo "HAVE_$1" | sed 's/[^A-Za-z0-9]/_/g' | tr '[:lower:]' '[:upper:]'`; echo "#define $n $2" >> config.h; }
try() { # link or compile the program in conftest.c
  rm -f conftest conftest.o
  if [ "$1" = link ]; then ${CC:-gcc} -o conftest conftest.c >> config.log 2>&1; else ${CC:-gcc} -c conftest.c >> config.log 2>&1; fi
}
for h in assert complex ctype dirent errno fcntl fenv float glob grp iconv inttypes langinfo libgen limits locale malloc math \
  netdb nl_types poll pthread pwd regex sched search semaphore setjmp signal spawn stdatomic stdio stdlib string strings syslog \
  termios time unistd utime wchar wctype sys/mman sys/socket sys/stat sys/time sys/wait sys/ioctl sys/uio sys/select sys/epoll \
  sys/statvfs sys/resource windows io ndir direct sys/ndir minix/config vfork; do
  printf '#include <%s.h>\nint main(void){return 0;}\n' "$h" > conftest.c
  if try compile; then define "$h.h" 1; echo "checking for $h.h... yes"; else define "$h.h" 0; echo "checking for $h.h... no"; cat conftest.c >> config.log; fi
done
for f in malloc calloc realloc strdup strndup memmem memrchr getline getdelim asprintf vasprintf snprintf strlcpy strlcat mkstemp mkdtemp \
  fork vfork pipe2 dup3 openat fstatat utimensat futimens clock_gettime nanosleep getrandom arc4random explicit_bzero qsort_r \
  reallocarray sigaction poll ppoll select pselect setenv unsetenv secure_getenv strsep strtok_r strerror_r localtime_r gmtime_r \
  timegm mmap munmap msync mremap getpagesize sysconf getrlimit setrlimit getrusage wait4 waitid posix_spawn nl_langinfo iconv; do
  printf 'char %s();\nint main(void){return (int)(long)%s;}\n' "$f" "$f" > conftest.c
  if try link; then define "$f" 1; r=yes; else define "$f" 0; r=no; fi
  echo "checking for $f... $r"
done
for t in char short int long 'long long' 'void *' size_t off_t time_t pid_t; do
  printf '#include <stdio.h>\n#include <sys/types.h>\n#include <time.h>\nint main(void){printf("%%d\\n",(int)sizeof(%s));return 0;}\n' "$t" > conftest.c
  try link && s=`./conftest` && echo "checking size of $t... $s"
  echo "#define SIZEOF_`echo "$t" | sed 's/ \*/_P/; s/ /_/g' | tr a-z A-Z` $s" >> config.h
done
sed -e "s,@CC@,${CC:-gcc},g" -e "s,@CFLAGS@,${CFLAGS:--O1 -g},g" -e "s,@prefix@,${prefix:-/usr/local},g" < Makefile.in > Makefile
rm -f conftest*; cmp -s config.h config.h.old || cp -p config.h config.h.old
echo "$as_me: creating Makefile in $srcdir, `grep -c ' 1$' config.h` features"
C
chmod +x configure
cat > Makefile.in <<'M'
CC = @CC@
CFLAGS = @CFLAGS@
SRC = $(wildcard part*.c) main.c
OBJ = $(SRC:.c=.o)
all: ledger
ledger: $(OBJ)
	$(CC) -o $@ $(OBJ)
	@size $@
%.o: %.c config.h
	$(CC) $(CFLAGS) -c -o $@ $<
check: ledger
	@for i in 1 2 3 4 5 6 7 8 9 10; do ./ledger $$i > out.$$i; grep -q total out.$$i && echo "PASS: $$i"; done; rm -f out.*
install: ledger
	install -d $(DESTDIR)@prefix@/bin $(DESTDIR)@prefix@/share/ledger
	install -p -m 755 ledger $(DESTDIR)@prefix@/bin/ledger
	for f in *.c; do install -p -m 644 $$f $(DESTDIR)@prefix@/share/ledger/`basename $$f .c`.txt; done
dist: ; tar czf ledger.tar.gz *.c configure Makefile.in
clean: ; rm -f *.o ledger
M
{
  echo '#include <stdio.h>'; echo '#include <stdlib.h>'
  for i in $(seq 1 40); do echo "int part$i(int);"; done
  echo 'int main(int c,char**v){int n=c>1?atoi(v[1]):1,t=0;'
  for i in $(seq 1 40); do
    echo "t+=part$i(n);"
    printf '#include "config.h"\n#include <string.h>\n#include <stdio.h>\nint part%d(int n){char b[64];snprintf(b,sizeof b,"%%d",n*%d);return (int)strlen(b)+n;}\n' "$i" "$i" > "part$i.c"
  done
  echo 'printf("total %d\n",t);return 0;}'
} > main.c
for CFLAGS in '-O2 -g' '-O0 -Wall' '-Os' '-O1 -g3'; do
  export CFLAGS
  ./configure > configure.out; tail -1 configure.out
  make clean; make -j2; make check; make install DESTDIR="$HOME/stage"; make dist
  strip -o ledger.small ledger; nm ledger | wc -l; objdump -d ledger | grep -c call; readelf -h ledger | head -1; ar rc libledger.a part*.o; ranlib libledger.a
  ldd ledger; strings ledger | wc -l; rm -rf ~/stage ~/unpacked; mkdir ~/unpacked; tar xzf ledger.tar.gz -C ~/unpacked
done
