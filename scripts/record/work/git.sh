#!/bin/bash
# A git repository's life: commits, branches, rebases, conflicts, bisecting, searching, cloning, rewriting, collecting garbage.
# user: dev
set -e
export GIT_CONFIG_NOSYSTEM=1
git config --global user.name Dev; git config --global user.email dev@example.org
git config --global init.defaultBranch main; git config --global advice.detachedHead false; git config --global gc.auto 0
mkdir -p ~/src && cd ~/src && rm -rf story story.git && git init -q story && cd story
for i in $(seq 1 300); do
  echo "line $i" >> story.txt; mkdir -p ch$((i % 7)); echo "part $i" > ch$((i % 7))/p$i.txt
  git add -A; git commit -q -m "Tell part $i"
done
git log --oneline | head -3; git log -p -3 | wc -l; git shortlog -sn; git blame story.txt | head -2; git diff HEAD~10 --stat | tail -1
for i in $(seq 1 500); do git grep -nP "part $i\b" > /dev/null || true; done
git grep -c -P 'p(a|b)rt \d+' | wc -l; git grep -E 'li(n|m)e [0-9]+$' | wc -l
for b in one two three; do
  git checkout -q -b $b main~20
  for i in $(seq 1 12); do echo "$b $i" > $b$i.txt; git add .; git commit -q -m "$b $i"; done
  git rebase -q main; git checkout -q main; git merge -q --no-ff -m "Merge $b" $b
done
git checkout -q -b clash main~3; echo other >> story.txt; git commit -qam Clash; git rebase main || { git checkout --theirs story.txt; git add story.txt; GIT_EDITOR=true git rebase --continue; }
git checkout -q main; git stash list; echo dirty >> story.txt; git stash -q; git stash pop -q; git checkout -q story.txt
git bisect start HEAD main~200 >/dev/null; git bisect run sh -c '! grep -q "line 77" story.txt' | tail -1; git bisect reset > /dev/null
git tag -a v1 -m one; git describe; git archive --format=tar v1 | tar t | wc -l
git clone -q --bare . ../story.git; git clone -q ../story.git ../copy; cd ../copy
for i in 1 2 3 4 5; do echo "$i" > f$i; git add .; git commit -q -m "f$i"; git push -q; git fetch -q; git status -s; done
cd ../story; git pull -q --rebase ../story.git main
FILTER_BRANCH_SQUELCH_WARNING=1 git filter-branch -f --msg-filter 'sed s/Tell/Write/' HEAD~250..HEAD > /dev/null
git rebase -q -x true HEAD~25; git gc -q --prune=now; git fsck --no-progress; git repack -adq; git count-objects -v | head -2
git submodule --quiet add ../story.git sub 2>/dev/null || true; git submodule status; git worktree add -q ../tree HEAD; git worktree list | wc -l
