// What many pods cost the desktop.
#pragma once

namespace cove::ui::test {

// In a process of its own: prints one line of numbers, in the order of CrowdCost.
int measure_crowd(int pods, int argc, char** argv);

// A bare window's resident memory; prints it in MB.
int measure_bare_memory(int argc, char** argv);

struct CrowdCost {
  double open_ms = 0;       // the page is gone to -> all rows are in it and painted
  double open_block = 0;    // the longest the GUI thread was busy meanwhile, ms
  double filter_ms = 0;     // the longest of the keystrokes into the search, painted
  double change_block = 0;  // the longest with 500 changes a second, ms
  double memory_mb = 0;     // resident
};

}  // namespace cove::ui::test
