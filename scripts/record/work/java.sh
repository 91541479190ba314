#!/bin/bash
# Java is compiled, run with its just-in-time compiler and without, packed into a jar, looked at with the JDK's tools.
# user: dev
set -e
mkdir -p ~/java/src/shop && cd ~/java
for i in $(seq 1 30); do
  echo "package shop; public class Item$i { private final int n; public Item$i(int n) { this.n = n; } public long price(long k) { long s = n; for (int i = 0; i < 500; i++) s = s * 31 + (i ^ k) % ($i + 7); return s; } }" > src/shop/Item$i.java
done
cat > src/shop/Main.java <<'J'
package shop;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
public class Main {
  public static void main(String[] a) throws Exception {
    long t = 0;
    for (int r = 0; r < 3000; r++) {
ITEMS
    }
    Map<String, Integer> m = new TreeMap<>();
    for (int i = 0; i < 400000; i++) m.merge("k" + i % 999, 1, Integer::sum);
    ExecutorService e = Executors.newFixedThreadPool(4);
    List<Future<Long>> fs = new ArrayList<>();
    for (int i = 0; i < 40; i++) { final int n = i; fs.add(e.submit(() -> LongStream.range(0, 50000).map(x -> x * n % 17).sum())); }
    for (Future<Long> f : fs) t += f.get();
    e.shutdown();
    for (int i = 0; i < 20; i++) new ProcessBuilder("/usr/bin/expr", "" + i, "+", "1").start().waitFor();
    System.out.println(t + " " + m.size() + " " + IntStream.range(0, 2000).mapToObj(Integer::toString).filter(s -> s.matches(".*7+.*")).count());
  }
}
J
items=$(for i in $(seq 1 30); do echo "      t += new Item$i(r).price(r);"; done)
awk -v items="$items" '/^ITEMS$/ { print items; next } { print }' src/shop/Main.java > m && mv m src/shop/Main.java
javac -d out src/shop/*.java
for flags in '' '-Xint -Xmx64m' '-XX:TieredStopAtLevel=1' '-XX:-TieredCompilation' '-XX:+UseSerialGC' '-XX:+UseParallelGC' '-Xshare:off' '' '-XX:+UseZGC' '-XX:ReservedCodeCacheSize=64m -XX:-SegmentedCodeCache' ''; do
  timeout 60 java $flags -cp out shop.Main
done
jar cfe shop.jar shop.Main -C out . && java -jar shop.jar && jar tf shop.jar | wc -l && mkdir -p un && cd un && jar xf ../shop.jar && cd ..
javap -cp out -c shop.Item1 | wc -l; java -version
