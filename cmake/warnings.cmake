# Flags of our own targets: tests, examples, tools. Users of the library get none of them.
add_library(logkit_strict INTERFACE)
target_compile_options(logkit_strict INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(NOT LOGKIT_SANITIZE) # instrumented code makes g++ 12 see errors that are not there
  target_compile_options(logkit_strict INTERFACE -Werror)
endif()
if(LOGKIT_SANITIZE)
  target_compile_options(logkit_strict INTERFACE -fsanitize=${LOGKIT_SANITIZE} -fno-sanitize-recover=all
                                                 -fno-omit-frame-pointer)
  target_link_options(logkit_strict INTERFACE -fsanitize=${LOGKIT_SANITIZE})
  foreach(compiled_part logkit logkit_throw_trace logkit_ship)
    if(TARGET ${compiled_part})
      target_link_libraries(${compiled_part} PRIVATE logkit_strict)
    endif()
  endforeach()
endif()
