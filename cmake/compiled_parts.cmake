# The parts that are compiled, in the flags of the program that asks for them; `sources` is the folder of engine.cpp
# and throw_trace.cpp. Used by this project, and by those that have it installed.
function(logkit_add_compiled_parts sources)
  # What programs link: the call side, and the engine compiled once (docs/design.md, "Two floors, one narrow door"). The
  # engine needs exceptions and RTTI, whatever the rest of the program is built with.
  add_library(logkit STATIC EXCLUDE_FROM_ALL ${sources}/engine.cpp)
  add_library(logkit::logkit ALIAS logkit)
  add_library(logkit::engine ALIAS logkit) # the same, by its older name
  target_link_libraries(logkit PUBLIC logkit::header_only)
  target_compile_definitions(logkit PUBLIC LOGKIT_SPLIT)
  target_compile_options(logkit PRIVATE -fexceptions -frtti)

  # Remembers where exceptions are thrown (docs/exceptions.md); with libdw, by file and line.
  add_library(logkit_throw_trace STATIC EXCLUDE_FROM_ALL ${sources}/throw_trace.cpp)
  add_library(logkit::throw_trace ALIAS logkit_throw_trace)
  target_link_libraries(logkit_throw_trace PUBLIC logkit::header_only)
  target_link_options(logkit_throw_trace INTERFACE LINKER:-u,__cxa_throw)
  find_path(LOGKIT_LIBDW_INCLUDE elfutils/libdwfl.h)
  find_library(LOGKIT_LIBDW_LIBRARY dw)
  mark_as_advanced(LOGKIT_LIBDW_INCLUDE LOGKIT_LIBDW_LIBRARY)
  if(LOGKIT_LIBDW_INCLUDE AND LOGKIT_LIBDW_LIBRARY)
    target_compile_definitions(logkit_throw_trace PRIVATE LOGKIT_WITH_LIBDW)
    target_link_libraries(logkit_throw_trace PUBLIC ${LOGKIT_LIBDW_LIBRARY})
  endif()
  set_target_properties(logkit logkit_throw_trace PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()
