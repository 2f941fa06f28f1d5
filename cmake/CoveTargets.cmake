# How every target of the house is made: one warning level, one linker, one precompiled header, and a record of who
# links whom for the architecture test.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # The precompiled header needs the two sloppiness settings; base_dir lets checkouts in other folders share the cache.
  set(COVE_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${COVE_COMPILER_LAUNCHER})
  set(CMAKE_C_COMPILER_LAUNCHER ${COVE_COMPILER_LAUNCHER})
endif()
find_program(MOLD_PROGRAM mold)

add_library(cove_flags INTERFACE)
target_include_directories(cove_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_options(cove_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion -Wno-sign-conversion
  -Wimplicit-fallthrough -fstack-protector-strong -fvisibility=hidden
  $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
# Same sources, same bytes, wherever the checkout stands.
target_compile_options(cove_flags INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_BINARY_DIR}=build)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC 12 reports these inside the standard library and Boost at -O2 and under the sanitizers; Clang is quiet.
  target_compile_options(cove_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow
    -Wno-array-bounds -Wno-dangling-pointer -Wno-stringop-overread -Wno-use-after-free)
endif()
target_link_options(cove_flags INTERFACE -Wl,-z,relro,-z,now)
if(MOLD_PROGRAM)
  target_link_options(cove_flags INTERFACE -fuse-ld=mold)
endif()
set(COVE_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize takes them")
if(COVE_SANITIZE)
  target_compile_options(cove_flags INTERFACE -fsanitize=${COVE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(cove_flags INTERFACE -fsanitize=${COVE_SANITIZE})
  if(COVE_SANITIZE MATCHES thread)
    # ThreadSanitizer does not know fences; Asio's mutexes order the same things.
    target_compile_definitions(cove_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()

# The precompiled header is made once for every set of flags, not once for every target: of libraries, of programs, and of
# tests, which are compiled with less optimisation than what they test.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/pch.cpp CONTENT "int main() {}\n")
set(COVE_TEST_FLAGS $<$<CONFIG:Release>:-O1>)
find_package(Threads REQUIRED)
add_library(cove_pch_library OBJECT ${CMAKE_BINARY_DIR}/generated/pch.cpp)
add_executable(cove_pch_program EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/generated/pch.cpp)
add_executable(cove_pch_test EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/generated/pch.cpp)
foreach(kind library program test)
  target_link_libraries(cove_pch_${kind} PRIVATE cove_flags Threads::Threads)
  target_precompile_headers(cove_pch_${kind} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
endforeach()
target_compile_options(cove_pch_test PRIVATE ${COVE_TEST_FLAGS})

# cove_precompile(<target> [TEST])
function(cove_precompile target)
  get_target_property(type ${target} TYPE)
  if(ARGV1 STREQUAL "TEST")
    target_compile_options(${target} PRIVATE ${COVE_TEST_FLAGS})
    target_precompile_headers(${target} REUSE_FROM cove_pch_test)
  elseif(type STREQUAL "EXECUTABLE")
    target_precompile_headers(${target} REUSE_FROM cove_pch_program)
  else()
    target_precompile_headers(${target} REUSE_FROM cove_pch_library)
  endif()
endfunction()

include(GoogleTest)
set_property(GLOBAL PROPERTY COVE_TARGETS "")
# What `installers/dev build` needs, and no tests.
add_custom_target(programs)

# A room is added by the mere presence of its CMakeLists.txt: one that appears or goes makes the build configure again.
foreach(floor app core vm ui resources installers tests)
  file(GLOB_RECURSE rooms CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${floor}/CMakeLists.txt)
endforeach()

# The target of a room is its path with '_' for '/': core/base -> core_base.
function(_cove_setup target links)
  target_link_libraries(${target} PUBLIC ${links})
  target_link_libraries(${target} PRIVATE cove_flags)
  set_property(GLOBAL APPEND PROPERTY COVE_TARGETS ${target})
endfunction()

# cove_library(<target> SOURCES ... [LINKS ...] [PRIVATE_LINKS ...] [NO_PCH])
function(cove_library target)
  cmake_parse_arguments(ARG "NO_PCH" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${target} STATIC ${ARG_SOURCES})
  _cove_setup(${target} "${ARG_LINKS}")
  target_link_libraries(${target} PRIVATE ${ARG_PRIVATE_LINKS})
  if(NOT ARG_NO_PCH)
    cove_precompile(${target})
  endif()
endfunction()

# cove_program(<target> OUTPUT <file name> SOURCES ... [LINKS ...])
function(cove_program target)
  cmake_parse_arguments(ARG "" "OUTPUT" "SOURCES;LINKS" ${ARGN})
  add_executable(${target} ${ARG_SOURCES})
  _cove_setup(${target} "${ARG_LINKS}")
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${ARG_OUTPUT})
  add_dependencies(programs ${target})
endfunction()

# cove_test(<name> LABEL unit|integration|vm|ui|fault|bench|root SOURCES ... [LINKS ...] [TIMEOUT seconds] [SERIAL])
# One GoogleTest program. With LABEL unit every TEST in it is a ctest of its own (so unit tests share nothing), or every
# suite where a sanitizer makes starting the program what costs most; with the other labels, whose fixtures cost more, the
# program is one ctest. SERIAL: one ctest that runs alone.
# LABEL vm runs below tests/support/reaper.c, which says why.
# LABEL root is for tests that need root; installers/dev runs them as root in private namespaces.
function(cove_test name)
  cmake_parse_arguments(ARG "SERIAL" "LABEL;TIMEOUT" "SOURCES;LINKS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} cove_flags GTest::gtest GTest::gmock GTest::gtest_main)
  if(ARG_LABEL STREQUAL bench)
    cove_precompile(${name})
  else()
    cove_precompile(${name} TEST)
  endif()
  if(NOT TARGET ${ARG_LABEL}_tests)
    add_custom_target(${ARG_LABEL}_tests)
  endif()
  add_dependencies(${ARG_LABEL}_tests ${name})
  if(ARG_LABEL STREQUAL unit AND CMAKE_BUILD_TYPE STREQUAL Release)
    # They run in the other builds; here by the target unit_tests.
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  if(ARG_LABEL STREQUAL unit AND NOT ARG_SERIAL AND COVE_SANITIZE)
    cove_discover_suites(${name} ${ARG_TIMEOUT})
    return()
  endif()
  if(ARG_LABEL STREQUAL unit AND NOT ARG_SERIAL)
    # Two properties for two variables: a list does not survive the way through gtest_discover_tests.
    gtest_discover_tests(${name} TEST_PREFIX unit.${name}. DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
      PROPERTIES LABELS unit TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT COVE_SOURCE_DIR=${CMAKE_SOURCE_DIR}
        ENVIRONMENT_MODIFICATION COVE_BINARY_DIR=set:${CMAKE_BINARY_DIR})
    return()
  endif()
  if(ARG_LABEL STREQUAL vm)
    add_test(NAME vm.${name} COMMAND test_reaper $<TARGET_FILE:${name}>)
    add_dependencies(${name} test_reaper)
  else()
    add_test(NAME ${ARG_LABEL}.${name} COMMAND ${name})
  endif()
  set_tests_properties(${ARG_LABEL}.${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "COVE_SOURCE_DIR=${CMAKE_SOURCE_DIR};COVE_BINARY_DIR=${CMAKE_BINARY_DIR}")
  if(ARG_SERIAL)
    set_tests_properties(${ARG_LABEL}.${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

# Every suite of the program a ctest unit.<name>.<suite>; it has three times as long as one TEST.
function(cove_discover_suites name timeout)
  math(EXPR timeout "3 * ${timeout}")
  set(listed ${CMAKE_CURRENT_BINARY_DIR}/${name}_suites.cmake)
  set(include ${CMAKE_CURRENT_BINARY_DIR}/${name}_include.cmake)
  add_custom_command(TARGET ${name} POST_BUILD BYPRODUCTS ${listed} VERBATIM
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${name}> -DPREFIX=unit.${name}. -DTIMEOUT=${timeout}
      -DSOURCE_DIR=${CMAKE_SOURCE_DIR} -DBINARY_DIR=${CMAKE_BINARY_DIR} -DOUT=${listed}
      -P ${CMAKE_SOURCE_DIR}/cmake/CoveDiscoverSuites.cmake)
  file(WRITE ${include} "if(EXISTS \"${listed}\")\n  include(\"${listed}\")\nelse()\n  add_test(${name}_NOT_BUILT ${name}_NOT_BUILT)\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${include})
endfunction()

# cove_fuzz(<name> SOURCES ... [LINKS ...] CORPUS <folder>)
# One libFuzzer target: SOURCES define LLVMFuzzerTestOneInput(). The preset 'asan' makes the fuzzer of it and the ctest
# fuzz.<name>, which looks for new inputs for COVE_FUZZ_SECONDS; every other preset makes the unit test
# unit.fuzz_<name>, which runs it over the seeds of the corpus.
set(COVE_FUZZ OFF CACHE BOOL "Make fuzzers of the fuzz targets (needs Clang)")
function(cove_fuzz name)
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;LINKS" ${ARGN})
  get_filename_component(corpus ${ARG_CORPUS} ABSOLUTE)
  set(target fuzz_${name})
  add_executable(${target} ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE ${ARG_LINKS} cove_flags)
  cove_precompile(${target} TEST)
  if(COVE_FUZZ)
    set(label fuzz)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzzers)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz.${name}
      COMMAND ${CMAKE_SOURCE_DIR}/tests/fuzz/one $<TARGET_FILE:${target}> ${name} ${corpus} ${CMAKE_BINARY_DIR})
    set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 86400)
  else()
    set(label unit)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.cpp)
    add_test(NAME unit.${target} COMMAND ${target} ${corpus})
    set_tests_properties(unit.${target} PROPERTIES LABELS unit TIMEOUT 60)
  endif()
  if(NOT TARGET ${label}_tests)
    add_custom_target(${label}_tests)
  endif()
  add_dependencies(${label}_tests ${target})
  if(CMAKE_BUILD_TYPE STREQUAL Release)
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endfunction()

# Writes build/<preset>/link-graph.txt: "target: dependency dependency …", direct links of our own targets only.
function(cove_write_link_graph)
  get_property(targets GLOBAL PROPERTY COVE_TARGETS)
  set(lines "")
  foreach(target IN LISTS targets)
    get_target_property(links ${target} LINK_LIBRARIES)
    set(ours "")
    foreach(link IN LISTS links)
      string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" link "${link}")
      if(NOT link STREQUAL "cove_flags")
        list(APPEND ours ${link})
      endif()
    endforeach()
    list(REMOVE_DUPLICATES ours)
    list(JOIN ours " " ours)
    string(APPEND lines "${target}: ${ours}\n")
  endforeach()
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/link-graph.txt CONTENT "${lines}")
endfunction()

# The archive beside a shared library; the library itself where there is none.
function(_cove_archive library result)
  string(REGEX REPLACE "\\.so[.0-9]*$" ".a" archive "${library}")
  if(NOT EXISTS "${archive}")
    set(archive "${library}")
  endif()
  set(${result} "${archive}" PARENT_SCOPE)
endfunction()

# The file of an imported library; empty for one of headers alone.
function(_cove_file_of target result)
  set(file "")
  get_target_property(type ${target} TYPE)
  if(NOT type STREQUAL "INTERFACE_LIBRARY")
    foreach(property IMPORTED_LOCATION IMPORTED_LOCATION_RELEASE IMPORTED_LOCATION_NONE IMPORTED_LOCATION_NOCONFIG)
      get_target_property(location ${target} ${property})
      if(location AND NOT file)
        set(file "${location}")
      endif()
    endforeach()
  endif()
  set(${result} "${file}" PARENT_SCOPE)
endfunction()

# Links a program made by cove_program() with archives, all but libc: where the processor is emulated, the search for the
# symbols of shared libraries is a good part of a program's start. The C++ library goes in too, so no shared library that
# needs it may remain: {fmt}, which Debian has only so, is compiled in. Call it when all targets are known.
function(cove_link_statically program)
  if(COVE_SANITIZE)
    return()
  endif()
  get_target_property(open ${program} LINK_LIBRARIES)
  set(seen "")
  set(files "")
  while(open)
    list(POP_FRONT open item)
    string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" item "${item}")
    if(item IN_LIST seen OR item STREQUAL "cove_flags")
      continue()
    endif()
    list(APPEND seen "${item}")
    if(NOT TARGET ${item})
      _cove_archive("${item}" file)
      list(APPEND files "${file}")
      continue()
    endif()
    get_target_property(real ${item} ALIASED_TARGET)
    if(real)
      list(APPEND open ${real})
      continue()
    endif()
    target_include_directories(${program} SYSTEM PRIVATE $<TARGET_PROPERTY:${item},INTERFACE_INCLUDE_DIRECTORIES>)
    target_compile_definitions(${program} PRIVATE $<TARGET_PROPERTY:${item},INTERFACE_COMPILE_DEFINITIONS>)
    get_target_property(imported ${item} IMPORTED)
    if(NOT imported)
      list(APPEND files $<TARGET_FILE:${item}>)
      add_dependencies(${program} ${item})
      get_target_property(more ${item} LINK_LIBRARIES)
    else()
      if(NOT item STREQUAL "fmt::fmt")
        _cove_file_of(${item} file)
        _cove_archive("${file}" file)
        list(APPEND files ${file})
      endif()
      get_target_property(more ${item} INTERFACE_LINK_LIBRARIES)
    endif()
    if(more)
      list(APPEND open ${more})
    endif()
  endwhile()
  target_sources(${program} PRIVATE ${CMAKE_SOURCE_DIR}/app/init/fmt.cpp)
  set_property(TARGET ${program} PROPERTY LINK_LIBRARIES
    cove_flags -Wl,--start-group ${files} -Wl,--end-group Threads::Threads)
  target_link_options(${program} PRIVATE -static-libstdc++ -static-libgcc -Wl,--gc-sections)
endfunction()

# The target 'tidy' of the preset of that name: clang-tidy over our own sources, once everything is built (generated files
# are needed, and what Clang does not compile need not be tidied).
find_program(RUN_CLANG_TIDY run-clang-tidy-16)
find_program(CLANG_TIDY clang-tidy-16)
if(RUN_CLANG_TIDY AND CLANG_TIDY)
  add_custom_target(tidy
    COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR}
    COMMAND ${RUN_CLANG_TIDY} -quiet -clang-tidy-binary ${CLANG_TIDY} -p ${CMAKE_BINARY_DIR}
      "^${CMAKE_SOURCE_DIR}/(app|core|vm|ui|tests)/"
    USES_TERMINAL VERBATIM)
endif()
