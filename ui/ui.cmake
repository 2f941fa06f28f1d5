# What every Qt target of the house has in common: moc, and one precompiled header.
# cove_ui_library(<target> [LINKS …] [PRIVATE_LINKS …]): of every source in the folder.
include_guard(GLOBAL)
function(cove_ui_library target)
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  cove_library(${target} SOURCES ${sources} ${ARGN} NO_PCH)
  cove_ui_target(${target})
endfunction()
# For programs and tests as well.
function(cove_ui_target target)
  set_target_properties(${target} PROPERTIES AUTOMOC ON)
  target_compile_definitions(${target} PRIVATE QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_KEYWORDS)
  target_precompile_headers(${target} PRIVATE ${CMAKE_SOURCE_DIR}/ui/pch.h)
endfunction()
