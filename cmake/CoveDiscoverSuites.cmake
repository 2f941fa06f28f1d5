# cmake -DPROGRAM=… -DPREFIX=… -DTIMEOUT=… -DSOURCE_DIR=… -DBINARY_DIR=… -DOUT=… -P this: asks a GoogleTest program for its
# suites and writes a file for ctest with one test each. Run after the program was linked.
execute_process(COMMAND ${PROGRAM} --gtest_list_tests
  OUTPUT_VARIABLE listed RESULT_VARIABLE code TIMEOUT 60)
if(NOT code EQUAL 0)
  file(REMOVE ${PROGRAM})
  message(FATAL_ERROR "${PROGRAM} --gtest_list_tests failed: ${code}")
endif()
# What a parameter is stands behind '#', as any text.
string(REPLACE ";" "," listed "${listed}")
string(REPLACE "[" "(" listed "${listed}")
string(REPLACE "]" ")" listed "${listed}")
string(REPLACE "\n" ";" lines "${listed}")
set(written "")
foreach(line IN LISTS lines)
  if(line MATCHES "^([A-Za-z0-9_/]+)\\.([ ]|$)")
    set(suite ${CMAKE_MATCH_1})
    string(APPEND written
      "add_test([=[${PREFIX}${suite}]=] [=[${PROGRAM}]=] [=[--gtest_filter=${suite}.*]=])\n"
      "set_tests_properties([=[${PREFIX}${suite}]=] PROPERTIES LABELS unit TIMEOUT ${TIMEOUT} "
      "ENVIRONMENT [=[COVE_SOURCE_DIR=${SOURCE_DIR};COVE_BINARY_DIR=${BINARY_DIR}]=])\n")
  endif()
endforeach()
file(WRITE ${OUT} "${written}")
